import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { refusal } from "../parts/deed";

export interface Reading<T> {
  found: Signal<T | null>;
  trouble: Signal<string | null>;
  read: () => Promise<void>;
}

/** What is read when the page is opened, and again every so often while it is; trouble is said and what was there stays. */
export function useReading<T>(ask: () => Promise<T>, everyMs = 0): Reading<T> {
  const found = useSignal<T | null>(null);
  const trouble = useSignal<string | null>(null);
  const read = async (): Promise<void> => {
    try {
      found.value = await ask();
      trouble.value = null;
    } catch (cause) {
      trouble.value = refusal(cause);
    }
  };
  useEffect(() => {
    read();
    if (everyMs === 0) return;
    const timer = setInterval(read, everyMs);
    return () => clearInterval(timer);
  }, []);
  return { found, trouble, read };
}
