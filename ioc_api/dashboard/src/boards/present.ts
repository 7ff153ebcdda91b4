import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/http";
import type { Page } from "../api/types";

/** Which of the domains have any sensor at all; null: not known yet. */
export function usePresent(codes: readonly string[]): ReadonlySignal<ReadonlySet<string> | null> {
  const found = useSignal<ReadonlySet<string> | null>(null);
  const name = codes.join();
  useEffect(() => {
    let over = false;
    const has = async (code: string): Promise<string[]> => {
      const page = await get<Page<unknown>>(`sensors?domain=${encodeURIComponent(code)}&limit=1`);
      return page.items.length > 0 ? [code] : [];
    };
    Promise.all(codes.map(has))
      .then((lists) => {
        if (!over) found.value = new Set(lists.flat());
      })
      // Not known: every board may be looked at.
      .catch((cause) => console.info(cause));
    return () => {
      over = true;
    };
  }, [name]);
  return found;
}
