import { signal } from "@preact/signals";
import type { Latest } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** What a person points at. */
export const selectedSensor = signal<string | null>(null);
export const selectedZone = signal<string | null>(null);
/** Domain shown on the map; empty: all. */
export const shownDomain = signal<string>("");

/** Latest values of the selected sensor, by `metric/channel`; null until the first answer. */
export const latest = signal<ReadonlyMap<string, Latest> | null>(null);

/** Where the topic `latest` ends, for the sensor `id`. */
export function latestSink(id: string): Sink {
  const place = (key: string): string => key.slice(id.length + 1);
  const mine = (): boolean => selectedSensor.peek() === id;
  return {
    replace: (items) => {
      if (mine())
        latest.value = new Map((items as Keyed[] as Latest[]).map((item) => [place(item.key), item]));
    },
    apply: (items, removed) => {
      if (!mine()) return;
      const next = new Map(latest.peek() ?? []);
      for (const item of items as Keyed[] as Latest[]) next.set(place(item.key), item);
      for (const key of removed) next.delete(place(key));
      latest.value = next;
    },
  };
}
