import { ApiError, send } from "../../api/http";
import type { Silence } from "../../api/rules";
import { half, t } from "../../i18n";
import { refusal } from "../../parts/deed";
import { endSilence } from "../../parts/silence";

/** So far ahead the server takes a beginning. */
const AHEAD_MS = 180 * 86_400_000;

interface Span {
  starts: number;
  ends: number;
}

/** Whether one of them would begin later than the server takes. */
export function tooFar(spans: readonly Span[], now: number): boolean {
  return (spans.at(-1)?.starts ?? now) > now + AHEAD_MS;
}

/** What was made, and what is to be said of it; `whole`: nothing is lacking. */
export interface Made {
  made: Silence[];
  text: string;
  whole: boolean;
}

/**
 * One silence for each span. Where it fails half-way, what was made stays and is told with why the rest was not; throws
 * where nothing was made. `atOnce`: the first begins when it arrives.
 */
export async function makeAll(
  spans: readonly Span[],
  what: Record<string, unknown>,
  atOnce: boolean,
): Promise<Made> {
  const made: Silence[] = [];
  for (const [i, { starts, ends }] of spans.entries()) {
    try {
      const one = await send<Silence>("POST", "silences", {
        ...what,
        ends_at: new Date(ends).toISOString(),
        ...((!atOnce || i > 0) && { starts_at: new Date(starts).toISOString() }),
      });
      if (one !== null) made.push(one);
    } catch (cause) {
      if (made.length === 0) throw cause;
      const text = t("quiet.made_some", { n: made.length, all: spans.length, why: half(refusal(cause)) });
      return { made, text, whole: false };
    }
  }
  return { made, text: t("quiet.made", { n: made.length }), whole: true };
}

/** End all of them. What somebody has ended, or what has run out, is over as well. Throws, and says of how many it is not so. */
export async function endAll(list: readonly Silence[]): Promise<void> {
  const ends = await Promise.allSettled(list.map(endSilence));
  const failed = ends.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  if (failed.length === 0) return;
  const values = { n: list.length - failed.length, all: list.length, why: half(refusal(failed[0])) };
  throw new ApiError(409, "", { detail: t("quiet.undone_some", values) });
}
