import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { CONDITIONS, type Condition } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** An item of the topic `counts`: sensors of a domain in a zone, or (`zone` null) in an area. */
interface CountItem extends Record<Condition, number> {
  key: string;
  area: string;
  zone: string | null;
  domain: string;
  sensors: number;
}

/** How many sensors there are, and how they are; the conditions add up to `sensors`. */
export type Tally = Record<Condition, number> & { sensors: number };

interface Whose {
  area?: string;
  zone?: string;
  domain?: string;
}

const none = (): Tally => ({ sensors: 0, online: 0, late: 0, offline: 0, never_seen: 0, maintenance: 0 });

/** What the topic `counts` has told. */
export class CountTable {
  private readonly items = signal<ReadonlyMap<string, CountItem> | null>(null);
  private readonly tallies: ReadonlySignal<ReadonlyMap<string, Tally>>;
  /** Domains that have sensors; null: nobody has told yet. */
  readonly domains: ReadonlySignal<ReadonlySet<string> | null>;
  readonly sink: Sink = {
    replace: (items) => {
      this.items.value = new Map((items as CountItem[]).map((item) => [item.key, item]));
    },
    apply: (items: Keyed[], removed: string[]) => {
      const next = new Map(this.items.peek());
      for (const item of items as CountItem[]) next.set(item.key, item);
      for (const key of removed) next.delete(key);
      this.items.value = next;
    },
  };

  constructor() {
    this.tallies = computed(() => add(this.items.value?.values() ?? []));
    this.domains = computed(() => {
      const all = this.items.value;
      return all && new Set([...all.values()].filter((item) => item.sensors > 0).map((item) => item.domain));
    });
  }

  /** Of the whole city, of an area or a zone, in all domains or in one. */
  of(whose: Whose = {}): Tally {
    return this.tallies.value.get(nameOf(whose)) ?? none();
  }
}

function nameOf({ area, zone, domain }: Whose): string {
  return `${zone ?? area ?? ""}|${domain ?? ""}`;
}

/** Areas' own rows count sensors without a zone too, so that the city is their sum and not that of the zones. */
function add(items: Iterable<CountItem>): ReadonlyMap<string, Tally> {
  const table = new Map<string, Tally>();
  for (const item of items) {
    const { area, zone, domain } = item;
    const names =
      zone === null
        ? [nameOf({}), nameOf({ domain }), nameOf({ area }), nameOf({ area, domain })]
        : [nameOf({ zone }), nameOf({ zone, domain })];
    for (const name of names) {
      const tally = table.get(name) ?? none();
      table.set(name, tally);
      tally.sensors += item.sensors;
      for (const condition of CONDITIONS) tally[condition] += item[condition];
    }
  }
  return table;
}

/** Those of the whole city. */
export const counts = new CountTable();
