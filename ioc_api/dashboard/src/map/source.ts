import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import type { Follow } from "../live/follow";
import { arrange, type Entry, entries } from "../store/alerts";
import { CountTable, counts } from "../store/counts";
import { IndexTable, indices, SHOWN_FIGURES } from "../store/indices";
import { follow } from "../store/living";
import { selectedSensor } from "../store/selection";
import { sensor } from "../store/sensor";
import type { Single } from "./sights";

/** The sensor that somebody points at on a map. */
export interface Chosen {
  readonly id: ReadonlySignal<string | null>;
  /** where it is, as far as that is known */
  readonly place: ReadonlySignal<{ lon: number | null; lat: number | null } | null>;
  /** null: none any more */
  pick(sensor: Single | null): void;
}

/** Where a map takes from what it shows: the living city, or a past one over another socket. */
export interface MapSource {
  follow: Follow;
  counts: CountTable;
  indices: IndexTable;
  /** alerts to be marked, those under an incident with it */
  entries: ReadonlySignal<readonly Entry[]>;
  chosen: Chosen;
}

/** The city as it is now. */
export const living: MapSource = {
  follow,
  counts,
  indices,
  entries,
  chosen: {
    id: selectedSensor,
    place: computed(() => (sensor.value?.sensor_id === selectedSensor.value ? sensor.value : null)),
    pick: (one) => {
      selectedSensor.value = one?.sensor ?? null;
    },
  },
};

/** A map's source over another socket: follows what it needs there; `stop` ends that. */
export function sourceOver(over: Follow, chosen: Chosen): MapSource & { stop: () => void } {
  const table = { counts: new CountTable(), indices: new IndexTable() };
  const alerts = signal<ReadonlyMap<string, Alert>>(new Map());
  const stops = [
    over("counts", {}, table.counts.sink, 1),
    over("indices", SHOWN_FIGURES, table.indices.sink, 1),
    over(
      "alerts",
      {},
      {
        replace: (items) => {
          alerts.value = new Map(items.map((item) => [item.key, item as unknown as Alert]));
        },
        apply: (items, removed) => {
          const next = new Map(alerts.peek());
          for (const item of items) next.set(item.key, item as unknown as Alert);
          for (const key of removed) next.delete(key);
          alerts.value = next;
        },
      },
    ),
  ];
  return {
    ...table,
    follow: over,
    chosen,
    entries: computed(() => arrange(alerts.value.values(), "severity")),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
