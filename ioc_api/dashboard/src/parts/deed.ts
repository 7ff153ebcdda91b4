import { type Signal, useSignal } from "@preact/signals";
import { ApiError } from "../api/http";
import { t } from "../i18n";

interface Said {
  tone: "ok" | "late";
  /** in both languages around a stroke where the server said it in both */
  text: string;
}

/** Something a person does that the server may refuse: whether it is under way, and what came of it. */
export interface Deed {
  busy: Signal<boolean>;
  said: Signal<Said | null>;
  /** Do it unless it is under way; `done` is said where it goes well. Whether it did. */
  run: (work: () => Promise<unknown>, done?: string) => Promise<boolean>;
  /** Say what is missing before it can be asked for. */
  lacks: (text: string) => void;
}

export function useDeed(): Deed {
  const busy = useSignal(false);
  const said = useSignal<Said | null>(null);
  return {
    busy,
    said,
    lacks: (text) => {
      said.value = { tone: "late", text };
    },
    run: async (work, done = t("deed.done")) => {
      if (busy.value) return false;
      busy.value = true;
      said.value = null;
      try {
        await work();
        said.value = { tone: "ok", text: done };
        return true;
      } catch (cause) {
        said.value = { tone: "late", text: refusal(cause, true) };
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

/**
 * Why it was not done, in both languages where the server said it in both. Without an answer nobody knows whether it was:
 * only where nothing but reading was asked for (and not as part of a `doing`) can nothing have been recorded.
 */
export function refusal(cause: unknown, doing = false): string {
  if (!(cause instanceof ApiError)) {
    console.warn(cause);
    return t("deed.failed");
  }
  if (cause.unanswered) return t(cause.reading && !doing ? "deed.unread" : "deed.failed");
  if (cause.status === 409 && !("detail" in cause.problem)) return t("deed.conflict");
  // A refusal may begin with the place of the value in what was sent, which says nothing to a person.
  return cause.detail.replace(/^(?:body|query|path)(?:\.[\w[\]]+)*: /, "");
}
