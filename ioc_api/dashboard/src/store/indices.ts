import { signal } from "@preact/signals";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** An item of the topic `indices`, as far as it is shown here. */
export interface IndexItem {
  key: string;
  index: string;
  area: string;
  zone: string | null;
  sensor_id: string | null;
  value: number | null;
  unit: string;
  level: string | null;
  /** the level in words */
  vi: string;
  en: string;
  colour: string | null;
  at: string;
  /** why there is no value, in both languages */
  reason: string | null;
}

/** The indices that the city view speaks of. */
const SHOWN_INDICES = ["vn_aqi_hourly", "tti", "lamps_on"] as const;
export type ShownIndex = (typeof SHOWN_INDICES)[number];

/** What is followed of them: those of single sensors are thousands, and nobody looks at them here. */
export const SHOWN_FIGURES = { index: SHOWN_INDICES, of: ["zone", "area"] } as const;

/** What the topic `indices` has told of zones and areas. */
export class IndexTable {
  readonly items = signal<ReadonlyMap<string, IndexItem> | null>(null);
  private readonly names = new Map<string, string>();
  readonly sink: Sink = {
    replace: (items) => {
      this.names.clear();
      this.items.value = this.taken(new Map(), items);
    },
    apply: (items: Keyed[], removed: string[]) => {
      const next = this.taken(new Map(this.items.peek()), items);
      for (const key of removed) next.delete(this.names.get(key) ?? "");
      this.items.value = next;
    },
  };

  private taken(into: Map<string, IndexItem>, items: Keyed[]): Map<string, IndexItem> {
    for (const item of items as unknown as IndexItem[]) {
      if (item.sensor_id !== null) continue;
      const name = `${item.index}|${item.zone ?? item.area}`;
      this.names.set(item.key, name);
      into.set(name, item);
    }
    return into;
  }

  /** Of a zone, or of an area. */
  of(index: ShownIndex, place: string): IndexItem | null {
    return this.items.value?.get(`${index}|${place}`) ?? null;
  }
}

/** Those of the whole city. */
export const indices = new IndexTable();
