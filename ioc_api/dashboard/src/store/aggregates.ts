import { batch, type Signal, signal } from "@preact/signals";
import type { Aggregate } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";
import { now } from "./clock";
import { Trend } from "./trend";

/** The window that this screen shows. */
export const WINDOW = "1m";

/** Which figure: of an area (`zone` null) or of a zone. */
interface Place {
  area: string;
  zone: string | null;
}

const rows = new Map<string, Signal<Aggregate | null>>();
const trends = new Map<string, Trend>();
/** The key under which an item came, to find it again when the server removes it. */
const names = new Map<string, string>();

const nameOf = (place: Place, domain: string, metric: string): string =>
  `${place.zone ?? place.area}|${domain}|${metric}`;

function cell(name: string): Signal<Aggregate | null> {
  let known = rows.get(name);
  if (!known) {
    known = signal<Aggregate | null>(null);
    rows.set(name, known);
  }
  return known;
}

/** The row as a signal: whoever reads it is drawn anew when just this row changes. */
export function aggregateOf(place: Place, domain: string, metric: string): Signal<Aggregate | null> {
  return cell(nameOf(place, domain, metric));
}

/** Received since the page was opened; areas only. */
export function trendOf(area: string, domain: string, metric: string): Trend | undefined {
  return trends.get(nameOf({ area, zone: null }, domain, metric));
}

/** The figure of a row: the metric's own aggregate, or the mean from a server that does not name one. */
export function figure(row: Aggregate | null): number | null {
  if (!row || row.sensors.reporting === 0) return null;
  return row.value === undefined ? row.mean : row.value;
}

/** Seconds since the newest reading in the row; null while there is none. */
export function ageOf(row: Aggregate | null, nowMs: number): number | null {
  if (!row || row.sensors.reporting === 0) return null;
  const newest = Date.parse(row.newest ?? row.at);
  return Number.isFinite(newest) ? Math.max(0, (nowMs - newest) / 1000) : null;
}

function note(name: string, row: Aggregate): void {
  if (row.zone !== null) return;
  let trend = trends.get(name);
  if (!trend) {
    trend = new Trend();
    trends.set(name, trend);
  }
  const value = figure(row);
  if (value === null) trend.interrupt(now.peek());
  else trend.push(now.peek(), value);
}

/** The socket is gone: what comes later does not join what was there. */
export function interruptTrends(): void {
  for (const trend of trends.values()) trend.interrupt(now.peek());
}

function take(items: Keyed[]): Set<string> {
  const seen = new Set<string>();
  for (const item of items as Aggregate[]) {
    if (item.window !== WINDOW) continue;
    const name = nameOf(item, item.domain, item.metric);
    names.set(item.key, name);
    seen.add(name);
    note(name, item);
    cell(name).value = item;
  }
  return seen;
}

/** Whether figures have been told at all. */
export const toldFigures = signal(false);

/** Where the topic `aggregates` ends. */
export const aggregatesSink: Sink = {
  replace: (items) =>
    batch(() => {
      names.clear();
      const seen = take(items);
      for (const [name, row] of rows) if (!seen.has(name)) row.value = null;
      toldFigures.value = true;
    }),
  apply: (items, removed) =>
    batch(() => {
      take(items);
      for (const key of removed) {
        const name = names.get(key);
        if (name !== undefined) cell(name).value = null;
        names.delete(key);
      }
    }),
};
