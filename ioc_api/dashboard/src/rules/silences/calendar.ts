import type { Silence } from "../../api/rules";

/** Days and weeks of the city (UTC+7), and where silences lie in them. Times are ms since 1970. */

export const DAY_MS = 86_400_000;
const CITY_MS = 7 * 3_600_000;

/** The midnight with which a day of the city begins. */
export function dayStart(ms: number): number {
  return Math.floor((ms + CITY_MS) / DAY_MS) * DAY_MS - CITY_MS;
}

/** The Monday with which its week begins. */
export function weekStart(ms: number): number {
  const day = dayStart(ms);
  const weekday = (new Date(day + CITY_MS).getUTCDay() + 6) % 7;
  return day - weekday * DAY_MS;
}

/** The weeks that a month lies in, by their Mondays. */
export function weeksOfMonth(ms: number): number[] {
  const date = new Date(ms + CITY_MS);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - CITY_MS;
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - CITY_MS;
  const out = [];
  for (let week = weekStart(first); week < next; week += 7 * DAY_MS) out.push(week);
  return out;
}

/** So many months on, at its first day. */
export function monthsOn(ms: number, months: number): number {
  const date = new Date(ms + CITY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) - CITY_MS;
}

export interface Bar {
  silence: Silence;
  /** shares of the week */
  at: number;
  width: number;
  lane: number;
  /** it goes on before or after this week */
  before: boolean;
  after: boolean;
}

/** When a silence really ends. */
function endOf(silence: Silence): number {
  return Date.parse(silence.ended_at ?? silence.ends_at);
}

/** The silences of a week as bars; those that overlap lie in lanes of their own. `least`: share that can be seen. */
export function barsOf(silences: readonly Silence[], week: number, least = 0.02): Bar[] {
  const end = week + 7 * DAY_MS;
  const inside = silences
    .map((silence) => ({ silence, from: Date.parse(silence.starts_at), to: endOf(silence) }))
    .filter(({ from, to }) => from < end && to > week && to > from)
    .sort((a, b) => a.from - b.from || b.to - a.to || a.silence.id - b.silence.id);
  const free: number[] = [];
  return inside.map(({ silence, from, to }) => {
    const at = (Math.max(from, week) - week) / (7 * DAY_MS);
    const width = Math.max(least, (Math.min(to, end) - Math.max(from, week)) / (7 * DAY_MS));
    const place = Math.min(at, 1 - width);
    const found = free.findIndex((until) => until <= place + 1e-9);
    const lane = found < 0 ? free.length : found;
    free[lane] = place + width;
    return { silence, at: place, width, lane, before: from < week, after: to > end };
  });
}

/** What was dragged over a week, on whole steps; a mere click is an hour. */
export function dragged(
  week: number,
  from: number,
  to: number,
  stepMs: number,
): { starts: number; ends: number } {
  const [low, high] = [Math.min(from, to), Math.max(from, to)].map((share) => share * 7 * DAY_MS);
  const starts = week + Math.floor((low ?? 0) / stepMs) * stepMs;
  const ends = week + Math.ceil((high ?? 0) / stepMs) * stepMs;
  return { starts, ends: Math.max(ends, starts + Math.max(stepMs, 3_600_000)) };
}

export type Every = "once" | "day" | "weekday" | "week";

/** A window again and again: each day, each working day, each week. The server keeps each as a window of its own. */
export function occurrences(
  starts: number,
  ends: number,
  every: Every,
  times: number,
): { starts: number; ends: number }[] {
  if (every === "once") return [{ starts, ends }];
  const out = [];
  for (let n = 0; out.length < times && n < 1000; n += 1) {
    const shift = n * (every === "week" ? 7 : 1) * DAY_MS;
    const weekday = new Date(starts + shift + CITY_MS).getUTCDay();
    if (every === "weekday" && (weekday === 0 || weekday === 6)) continue;
    out.push({ starts: starts + shift, ends: ends + shift });
  }
  return out;
}

/** The least one window must be shorter than, so that it does not run into its next. */
export function overlapping(starts: number, ends: number, every: Every): boolean {
  const step = { once: Number.POSITIVE_INFINITY, day: DAY_MS, weekday: DAY_MS, week: 7 * DAY_MS }[every];
  return ends - starts > step;
}
