import { signal } from "@preact/signals";
import type { Connection } from "../live/client";
import type { HealthFacts, Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** How it stands with the connection, and with the source behind it. */
export const connection = signal<Connection>({ phase: "connecting", lostAt: null, attempt: 0 });
export const health = signal<HealthFacts | null>(null);

/** Items of the topic `system` by key (`collector/NAME`, …), as the server gives them. */
export const parts = signal<ReadonlyMap<string, Record<string, unknown>>>(new Map());

export const systemSink: Sink = {
  replace: (items) => {
    parts.value = new Map(items.map(entry));
  },
  apply: (items, removed) => {
    const next = new Map(parts.peek());
    for (const item of items) next.set(...entry(item));
    for (const key of removed) next.delete(key);
    parts.value = next;
  },
};

function entry(item: Keyed): [string, Record<string, unknown>] {
  return [item.key, item as unknown as Record<string, unknown>];
}
