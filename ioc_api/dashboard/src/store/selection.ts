import { signal } from "@preact/signals";
import type { Latest } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";
import type { Shading } from "../map/shading";

/** What a person points at. */
export const selectedSensor = signal<string | null>(null);
export const selectedZone = signal<string | null>(null);
/** Domain shown on the map; empty: all. */
export const shownDomain = signal<string>("");
/** `domain/metric` by which sensors are coloured; empty: by how they are. */
export const shownMetric = signal<string>("");
/** By what zones are shaded. */
export const shownShading = signal<Shading>("none");

/** Where a map stands. */
export interface Spot {
  lon: number;
  lat: number;
  zoom: number;
}
/** Where a person has brought the map; null: it shows the whole city. */
export const shownSpot = signal<Spot | null>(null);

/** Show that domain; a metric of another one is left. */
export function showDomain(code: string): void {
  shownDomain.value = code;
  if (!shownMetric.peek().startsWith(`${code}/`)) shownMetric.value = "";
}

/** Colour by that metric, whose sensors are shown alone; empty: by how they are. */
export function showMetric(name: string): void {
  shownMetric.value = name;
  if (name !== "") shownDomain.value = name.split("/")[0] ?? "";
}

/** Latest values of the selected sensor, by `metric/channel`; null until the first answer. */
export const latest = signal<ReadonlyMap<string, Latest> | null>(null);

/** Where the topic `latest` ends, for the sensor `id`; `wanted`: whether it is looked at still. */
export function latestSink(
  id: string,
  into = latest,
  wanted: () => boolean = () => selectedSensor.peek() === id,
): Sink {
  const place = (key: string): string => key.slice(id.length + 1);
  return {
    replace: (items) => {
      if (wanted())
        into.value = new Map((items as Keyed[] as Latest[]).map((item) => [place(item.key), item]));
    },
    apply: (items, removed) => {
      if (!wanted()) return;
      const next = new Map(into.peek() ?? []);
      for (const item of items as Keyed[] as Latest[]) next.set(place(item.key), item);
      for (const key of removed) next.delete(place(key));
      into.value = next;
    },
  };
}
