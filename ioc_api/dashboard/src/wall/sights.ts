import type { Signal } from "@preact/signals";
import type { Condition } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** An item of the topic `map`, as far as a wall shows it. */
export interface Sight extends Keyed {
  kind: "cluster" | "sensor";
  lon: number;
  lat: number;
  count?: number;
  online?: number;
  late?: number;
  offline?: number;
  never_seen?: number;
  liveness?: Condition;
  status?: string;
}

/** What is seen, and whether it was told at all. */
export interface Seen {
  state: "waiting" | "there" | "refused";
  items: ReadonlyMap<string, Sight>;
}

export const NOTHING: Seen = { state: "waiting", items: new Map() };

/** Where the topic `map` of one picture ends; the next picture begins with nothing. */
export function sightsSink(seen: Signal<Seen>): Sink {
  return {
    replace: (items) => {
      seen.value = { state: "there", items: new Map((items as Sight[]).map((item) => [item.key, item])) };
    },
    apply: (items, removed) => {
      const next = new Map(seen.peek().items);
      for (const item of items as Sight[]) next.set(item.key, item);
      for (const key of removed) next.delete(key);
      seen.value = { state: "there", items: next };
    },
    refused: () => {
      seen.value = { state: "refused", items: new Map() };
    },
  };
}
