import { type ReadonlySignal, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { IndexItem, ListedRule } from "../api/boards";
import { get, getAll } from "../api/http";
import type { Keyed } from "../live/protocol";
import { follow } from "../store/living";
import { may } from "../store/me";
import { everyMinutes, onReturn, said } from "./feed";

/** An answer that is asked for again while somebody looks; what was there stays until there is a newer one. */
export interface Answer<T> {
  value: T | null;
  /** null: no trouble; "": not reached; else what the server said */
  trouble: string | null;
}

const LOOK_MS = 20_000;

/** Ask, and again every `everyMs`, and when the connection is back. A null path asks nothing. */
export function useAnswer<T>(path: string | null, everyMs = LOOK_MS): ReadonlySignal<Answer<T>> {
  const answer = useSignal<Answer<T>>({ value: null, trouble: null });
  useEffect(() => {
    answer.value = { value: null, trouble: null };
    if (path === null) return;
    let over = false;
    const read = (): void => {
      get<T>(path)
        .then((value) => {
          if (!over) answer.value = { value, trouble: null };
        })
        .catch((cause: unknown) => {
          console.info(cause);
          if (!over) answer.value = { value: answer.peek().value, trouble: said(cause) };
        });
    };
    read();
    const stops = [everyMinutes(read, everyMs), onReturn(read)];
    return () => {
      over = true;
      for (const stop of stops) stop();
    };
  }, [path, everyMs]);
  return answer;
}

/** The figures of places (`zone`, `area`) or, with `of` sensor, of sensors, as the socket says them; by key. */
export function useIndices(
  codes: readonly string[],
  place: { area: string | null; zone: string | null },
  of: readonly string[] = ["zone", "area"],
): ReadonlySignal<ReadonlyMap<string, IndexItem> | null> {
  const items = useSignal<ReadonlyMap<string, IndexItem> | null>(null);
  const name = `${codes.join()}|${place.area}|${place.zone}|${of.join()}`;
  useEffect(() => {
    items.value = null;
    if (codes.length === 0) return;
    const take = (fresh: Keyed[], gone: string[], before: Iterable<[string, IndexItem]>): void => {
      const next = new Map(before);
      for (const item of fresh) next.set(item.key, item as unknown as IndexItem);
      for (const key of gone) next.delete(key);
      items.value = next;
    };
    const where =
      place.zone !== null ? { zone: [place.zone] } : place.area !== null ? { area: [place.area] } : {};
    return follow(
      "indices",
      { index: codes, of, ...where },
      {
        replace: (fresh) => take(fresh, [], []),
        apply: (fresh, gone) => take(fresh, gone, items.peek() ?? []),
      },
    );
  }, [name]);
  return items;
}

/** Rules change seldom: read once for all boards, and again when a board is opened. */
const rules = signal<readonly ListedRule[]>([]);

export function useRules(): readonly ListedRule[] {
  useEffect(() => {
    if (!may("rules.read")) return;
    getAll<ListedRule>("rules?enabled=true&limit=1000")
      .then((list) => {
        rules.value = list;
      })
      .catch((cause) => console.info(cause));
  }, []);
  return rules.value;
}
