import type { Alert } from "../api/alerts";
import type { Matcher, Silence } from "../api/desk";
import { ApiError, post } from "../api/http";
import { refusal } from "../parts/deed";
import { endSilence } from "../parts/silence";
import { actOn, canUndo, type Said, undo } from "../store/acting";
import type { Act } from "../store/detail";
import { may } from "../store/me";
import {
  type Asked,
  asked,
  busy,
  learnPast,
  progress,
  targets,
  tell,
  ticked,
  told,
  undoUntil,
} from "./state";

/** Do it now, and say what came of it. What was refused stays chosen, to be looked at. Whether all of it was done. */
export async function act(list: readonly Alert[], what: Act, said: Said = {}): Promise<boolean> {
  if (busy.peek() || list.length === 0) return false;
  busy.value = true;
  try {
    const report = await actOn(list, what, said, (done) => {
      progress.value = done > 0 && done < list.length ? { done, all: list.length } : null;
    });
    learnPast([
      ...report.done.map((one) => one.after),
      ...report.refused.flatMap((one) => one.current ?? []),
    ]);
    tell({ kind: "acts", report, again: canUndo(report) });
    if (ticked.peek().size > 0) ticked.value = new Set(report.refused.map((one) => one.alert.id));
    return report.refused.length === 0;
  } finally {
    progress.value = null;
    busy.value = false;
  }
}

/** Ask for an act by its key or button: at once where there is nothing to say, else in a dialog. */
export function ask(what: Asked["what"], only: number | null = null): void {
  const list = targets(only);
  if (list.length === 0 || busy.peek()) return;
  if (!may(what === "silence" ? "silences.write" : "alerts.act")) return;
  if (what === "acknowledge" || what === "unacknowledge") act(list, what);
  else asked.value = { what, list };
}

/** Take the last act back while there is time for it, and say what came of that. */
export async function takeBack(): Promise<void> {
  const last = told.peek();
  if (last === null || busy.peek() || Date.now() >= undoUntil.peek()) return;
  busy.value = true;
  try {
    if (last.kind === "acts") {
      const report = last.again ? await undo(last.report) : null;
      if (report !== null) tell({ kind: "acts", report, again: false });
    } else if (!last.ended) tell(await end(last.made));
  } finally {
    busy.value = false;
  }
}

async function end(list: readonly Silence[]): Promise<{ kind: "silences" } & Made & { ended: true }> {
  const found = nothing();
  for (const one of list) {
    try {
      found.made.push(await endSilence(one));
    } catch (cause) {
      fail(found, cause);
    }
  }
  return { kind: "silences", ...found, ended: true };
}

interface Made {
  made: Silence[];
  /** why it was not done */
  failed: string[];
  /** how many of those may have been done: the server has not answered */
  unknown: number;
}

const nothing = (): Made => ({ made: [], failed: [], unknown: 0 });

function fail(found: Made, cause: unknown): void {
  found.failed.push(refusal(cause));
  if (!(cause instanceof ApiError) || cause.unanswered) found.unknown += 1;
}

/** Mute by each matcher until then; what could not be made is told with why. */
export async function muteAll(matchers: readonly Matcher[], reason: string, until: number): Promise<Made> {
  const found = nothing();
  busy.value = true;
  try {
    for (const matcher of matchers) {
      try {
        const body = { matcher, reason, ends_at: new Date(until).toISOString() };
        const silence = await post<Silence>("silences", body);
        if (silence) found.made.push(silence);
      } catch (cause) {
        fail(found, cause);
      }
    }
    if (found.made.length > 0) {
      tell({ kind: "silences", ...found, ended: false });
      if (found.failed.length === 0) ticked.value = new Set();
    }
    return found;
  } finally {
    busy.value = false;
  }
}
