/** Which part of the past is shown: presets, what the address says, and the surroundings of an alert. Pure. */

import { midnight } from "../parts/typed";

/** ms since 1970 */
export interface Span {
  from: number;
  to: number;
}

/** What makes a replay, so that a link reproduces it. */
export interface Wanted extends Span {
  at: number;
  speed: number;
}

export const SPEEDS: readonly number[] = [1, 10, 60, 300, 600];
export const USUAL_SPEED = 60;
/** As the server takes it. */
export const LONGEST_MS = 8 * 86_400_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The last whole hour, to the minute. */
export function lastHour(now: number): Span {
  const to = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  return { from: to - HOUR_MS, to };
}

/** The last night, from 18:00 to 06:00 in the city; the one that is going on, as far as it has got. */
export function lastNight(now: number): Span {
  const today = midnight(now);
  const evening = today + 18 * HOUR_MS;
  const from = now >= evening + HOUR_MS ? evening : evening - DAY_MS;
  return { from, to: Math.min(from + 12 * HOUR_MS, Math.floor(now / MINUTE_MS) * MINUTE_MS) };
}

/** The whole day before this one in the city. */
export function yesterday(now: number): Span {
  const to = midnight(now);
  return { from: to - DAY_MS, to };
}

export const PRESETS = { hour: lastHour, night: lastNight, day: yesterday } as const;
export type Preset = keyof typeof PRESETS;

/** The preset that a span is, if it is one. */
export function presetOf(span: Span, now: number): Preset | null {
  for (const name of Object.keys(PRESETS) as Preset[]) {
    const { from, to } = PRESETS[name](now);
    // The last hour goes on while it is looked at.
    if (Math.abs(from - span.from) < 5 * MINUTE_MS && Math.abs(to - span.to) < 5 * MINUTE_MS) return name;
  }
  return null;
}

/** Half an hour before an alert to half an hour after it, beginning a minute before it. */
export function around(startedAt: string, endedAt: string | null, now: number): Wanted {
  const start = Date.parse(startedAt);
  const end = endedAt === null ? start + HOUR_MS : Date.parse(endedAt);
  const to = Math.min(now, Math.min(end, start + 12 * HOUR_MS) + HOUR_MS / 2);
  const from = Math.min(start - HOUR_MS / 2, to - MINUTE_MS);
  return { from, to, at: start - MINUTE_MS, speed: USUAL_SPEED };
}

/** The query of an address that reproduces it. */
export function queryOf({ from, to, at, speed }: Wanted): Record<string, string> {
  return { from: stamp(from), to: stamp(to), at: stamp(at), speed: String(speed) };
}

/** What an address asks for; null where it names no span, or none that can be shown. */
export function wantedIn(query: URLSearchParams, now: number): Wanted | null {
  const from = Date.parse(query.get("from") ?? "");
  const to = Math.min(Date.parse(query.get("to") ?? ""), now);
  if (!Number.isFinite(from) || !Number.isFinite(to) || to - from < 1000 || to - from > LONGEST_MS)
    return null;
  const at = Date.parse(query.get("at") ?? "");
  const speed = Number(query.get("speed"));
  return {
    from,
    to,
    at: Number.isFinite(at) ? Math.min(Math.max(at, from), to) : from,
    speed: SPEEDS.includes(speed) ? speed : USUAL_SPEED,
  };
}

/** A moment to the second, as the API takes it. */
export function stamp(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Marks of a time bar: whole hours or parts of them, at most `most`. */
export function ticksOf({ from, to }: Span, most: number): number[] {
  const steps = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);
  const step = steps.find((one) => (to - from) / one <= most) ?? 1440 * MINUTE_MS;
  // The city's hours are those of UTC; its days are not.
  const first = Math.ceil((from + 7 * HOUR_MS) / step) * step - 7 * HOUR_MS;
  const ticks: number[] = [];
  for (let at = first; at <= to; at += step) ticks.push(at);
  return ticks;
}
