import { signal } from "@preact/signals";
import type { Severity } from "../api/alerts";
import type { Condition, Liveness } from "../api/types";
import type { Follow } from "../live/follow";
import type { Filter, Keyed, View } from "../live/protocol";

/** Sensors that the server has put together, an item of the topic `map`. */
export interface Cluster extends Record<Condition, number> {
  key: string;
  kind: "cluster";
  lon: number;
  lat: number;
  count: number;
  value: number | null;
  min: number | null;
  max: number | null;
  severity: Severity | null;
  box: [west: number, south: number, east: number, north: number];
}

/** A sensor that stands alone. */
export interface Single {
  key: string;
  kind: "sensor";
  sensor: string;
  name: string;
  domain: string;
  zone: string | null;
  status: string;
  liveness: Liveness;
  lon: number;
  lat: number;
  value: number | null;
  unit: string | null;
  at: string | null;
  severity: Severity | null;
}

export type Sight = Cluster | Single;

/** What is wanted on the map. */
interface Wanted {
  view: View;
  domain: string;
}

const HZ = 1;

/** What is to be seen in the part of the city that somebody looks at. */
export class Sights {
  readonly items = signal<ReadonlyMap<string, Sight>>(new Map());
  /** The metric that the items' values are of. */
  readonly metric = signal<string | null>(null);
  /** Whether anything has been told yet, or why not. */
  readonly state = signal<"waiting" | "there" | "refused">("waiting");
  private asked = "";
  private shown: (() => void) | null = null;
  private coming: (() => void) | null = null;

  constructor(private readonly follow: Follow) {}

  /** Look elsewhere, or otherwise. What was seen stays until the new is there: the map is never empty in between. */
  look({ view, domain }: Wanted): void {
    const asked = JSON.stringify([view, domain]);
    if (asked === this.asked) return;
    this.asked = asked;
    this.coming?.();
    const filter: Filter = domain === "" ? {} : { domain: [domain] };
    let first = true;
    const arrived = (): void => {
      if (!first) return;
      first = false;
      this.shown?.();
      this.shown = stop;
      this.coming = null;
      this.state.value = "there";
      this.metric.value = view.metric;
    };
    const stop = this.follow(
      "map",
      filter,
      {
        replace: (items) => {
          arrived();
          this.items.value = new Map((items as Keyed[] as Sight[]).map((item) => [item.key, item]));
        },
        apply: (items, removed) => {
          const next = new Map(this.items.peek());
          for (const key of removed) next.delete(key);
          for (const item of items as Keyed[] as Sight[]) next.set(item.key, item);
          this.items.value = next;
        },
        refused: () => {
          this.state.value = "refused";
        },
      },
      HZ,
      view,
    );
    this.coming = stop;
  }

  /** Look at nothing. */
  stop(): void {
    this.shown?.();
    this.coming?.();
    this.shown = this.coming = null;
    this.asked = "";
  }
}

/** How a single is counted. */
export function conditionOf(one: Single): Condition {
  return one.status === "maintenance" ? "maintenance" : one.liveness;
}
