import { computed, signal } from "@preact/signals";
import { type Alert, SEVERITIES, type Severity } from "../api/alerts";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";

/** What the topic `alerts` tells, by number: what is open, and what is over and not yet closed. */
export const alerts = signal<ReadonlyMap<number, Alert>>(new Map());

/** Whether there is a list at all: not yet, yes, the server does not give one, or not to this person. */
export const supply = signal<"waiting" | "there" | "refused" | "forbidden">("waiting");

/** How often the list was told from its beginning. Its values are then those of the last flips. */
export const begun = signal(0);

export type Order = "severity" | "time";
export const order = signal<Order>("time");

/** An alert in the list, with those it speaks for. */
export interface Entry {
  alert: Alert;
  children: Alert[];
}

const OVER: ReadonlySet<string> = new Set(["resolved", "closed", "pending"]);

export function isOpen(alert: Alert): boolean {
  return !OVER.has(alert.state);
}

export function rank(severity: Severity): number {
  const place = SEVERITIES.indexOf(severity);
  return place < 0 ? SEVERITIES.length : place;
}

/** The newest first; numbers go up with time, and settle what began in the same moment. */
function newer(a: Alert, b: Alert): number {
  return b.started_at.localeCompare(a.started_at) || b.id - a.id;
}

/** The open alert that speaks for this one in the end, or itself. What is over speaks for nothing, a circle for nobody. */
function speaker(alert: Alert, open: ReadonlyMap<number, Alert>): Alert {
  let at = alert;
  const met = new Set([at.id]);
  while (at.incident !== null) {
    const next = open.get(at.incident);
    if (!next) break;
    if (met.has(next.id)) return alert;
    met.add(next.id);
    at = next;
  }
  return at;
}

/** The list as it is read: children under their incident, and an incident as grave as the gravest in it. */
export function arrange(list: Iterable<Alert>, by: Order): Entry[] {
  const open = new Map([...list].filter(isOpen).map((alert) => [alert.id, alert]));
  const entries = new Map<number, Entry>();
  const entryOf = (alert: Alert): Entry => {
    let entry = entries.get(alert.id);
    if (!entry) {
      entry = { alert, children: [] };
      entries.set(alert.id, entry);
    }
    return entry;
  };
  for (const alert of open.values()) {
    const head = speaker(alert, open);
    if (head === alert) entryOf(alert);
    else entryOf(head).children.push(alert);
  }
  const found = [...entries.values()];
  for (const entry of found)
    entry.children.sort((a, b) => rank(a.severity) - rank(b.severity) || newer(a, b));
  const gravity = (e: Entry): number =>
    e.children.reduce((least, c) => Math.min(least, rank(c.severity)), rank(e.alert.severity));
  return found.sort((a, b) => (by === "severity" ? gravity(a) - gravity(b) : 0) || newer(a.alert, b.alert));
}

export const entries = computed(() => arrange(alerts.value.values(), order.value));

/** What is over and waits to be closed, what ended last first. */
export const over = computed(() =>
  [...alerts.value.values()]
    .filter((alert) => alert.state === "resolved")
    .sort((a, b) => (b.resolved_at ?? "").localeCompare(a.resolved_at ?? "") || b.id - a.id),
);

/** Open alerts by severity, children counted too, and how many nobody has acknowledged. */
export const tally = computed(() => {
  const counts: Record<Severity, number> = { critical: 0, major: 0, warning: 0, info: 0 };
  let all = 0;
  let unseen = 0;
  for (const alert of alerts.value.values()) {
    if (!isOpen(alert)) continue;
    all += 1;
    counts[alert.severity] = (counts[alert.severity] ?? 0) + 1;
    if (alert.state === "firing") unseen += 1;
  }
  return { all, unseen, counts };
});

/** Where the topic `alerts` ends. */
export const alertsSink: Sink = {
  replace: (items) => {
    // Whoever hears that there is a list finds it.
    alerts.value = new Map((items as Keyed[] as Alert[]).map((item) => [item.id, item]));
    begun.value += 1;
    supply.value = "there";
  },
  apply: (items, removed) => {
    const next = new Map(alerts.peek());
    for (const item of items as Keyed[] as Alert[]) next.set(item.id, item);
    for (const key of removed) next.delete(Number(key));
    alerts.value = next;
  },
};
