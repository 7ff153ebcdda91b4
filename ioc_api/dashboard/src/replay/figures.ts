import { signal } from "@preact/signals";
import type { Aggregate } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** The figures of areas as they were, by area, domain and metric. */
export class Figures {
  private readonly rows = signal<ReadonlyMap<string, Aggregate>>(new Map());
  private readonly names = new Map<string, string>();
  readonly sink: Sink = {
    replace: (items) => {
      this.names.clear();
      this.rows.value = this.taken(new Map(), items);
    },
    apply: (items, removed) => {
      const next = this.taken(new Map(this.rows.peek()), items);
      for (const key of removed) next.delete(this.names.get(key) ?? "");
      this.rows.value = next;
    },
  };

  private taken(into: Map<string, Aggregate>, items: Keyed[]): Map<string, Aggregate> {
    for (const row of items as unknown as Aggregate[]) {
      if (row.zone !== null) continue;
      const name = `${row.area}|${row.domain}|${row.metric}`;
      this.names.set(row.key, name);
      into.set(name, row);
    }
    return into;
  }

  of(area: string, domain: string, metric: string): Aggregate | null {
    return this.rows.value.get(`${area}|${domain}|${metric}`) ?? null;
  }
}
