import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, get } from "../api/http";
import { now } from "../store/clock";

export interface Reading<T> {
  value: Signal<T | null>;
  /** why the last try failed, as the server said it; "": it could not be reached; null: it did not */
  trouble: Signal<string | null>;
  /** ms since 1970 of the newest answer */
  at: Signal<number | null>;
  again: () => void;
}

/** What the server says, asked again every so often while it is looked at; null: not asked at all. */
export function useReading<T>(
  path: string | null,
  everyMs: number,
  read: (path: string) => Promise<T> = get,
): Reading<T> {
  const value = useSignal<T | null>(null);
  const trouble = useSignal<string | null>(null);
  const at = useSignal<number | null>(null);
  const asked = useSignal(0);
  useEffect(() => {
    if (path === null) return;
    let gone = false;
    let timer: number | undefined;
    const look = async (): Promise<void> => {
      try {
        if (!document.hidden || value.peek() === null) {
          const found = await read(path);
          if (gone) return;
          value.value = found;
          at.value = now.peek();
          trouble.value = null;
        }
      } catch (cause) {
        if (gone) return;
        trouble.value =
          cause instanceof ApiError && cause.status > 0 && cause.status < 500 ? cause.detail : "";
      }
      timer = window.setTimeout(look, everyMs);
    };
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [path, asked.value, everyMs]);
  return {
    value,
    trouble,
    at,
    again: () => {
      asked.value += 1;
    },
  };
}
