import type { Span } from "../charts/model";
import { midnight } from "../parts/typed";
import { addressOf } from "../store/route";

/** What is looked at; all of it stands in the address, so a link shows the same. */
export interface View {
  sensors: readonly string[];
  zones: readonly string[];
  areas: readonly string[];
  /** `domain/metric` */
  metrics: readonly string[];
  span: Preset | Span;
  /** `1d`, `7d`: so many days before; `2026-11-20`: that day, against the span's first day */
  compare: readonly string[];
  alerts: boolean;
}

export const PRESETS = ["1h", "8h", "24h", "7d", "30d", "today", "yesterday"] as const;
export type Preset = (typeof PRESETS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CITY_MS = 7 * HOUR_MS;
const LENGTHS: Partial<Record<Preset, number>> = {
  "1h": HOUR_MS,
  "8h": 8 * HOUR_MS,
  "24h": DAY_MS,
  "7d": 7 * DAY_MS,
  "30d": 30 * DAY_MS,
};
/** No span is shorter than this; a brush may be a pixel wide. */
const SHORTEST_MS = 60_000;
/** So many days of comparison at most, beside the lines themselves. */
export const COMPARED = 3;

export const EMPTY: View = {
  sensors: [],
  zones: [],
  areas: [],
  metrics: [],
  span: "24h",
  compare: [],
  alerts: true,
};

/** The span in milliseconds, as it is now. */
export function spanOf(view: View, now: number): Span {
  const { span } = view;
  if (typeof span !== "string") return span;
  const length = LENGTHS[span];
  if (length !== undefined) return [now - length, now];
  const day = midnight(now);
  return span === "today" ? [day, day + DAY_MS] : [day - DAY_MS, day];
}

/** Whether it goes on with the clock. */
export function moves(view: View): boolean {
  return typeof view.span === "string" && view.span !== "yesterday";
}

/** How many milliseconds before the span a comparison lies. */
export function shiftOf(compare: string, from: number): number {
  const days = /^(\d{1,3})d$/.exec(compare);
  if (days) return Number(days[1]) * DAY_MS;
  const day = Date.parse(`${compare}T00:00:00+07:00`);
  return midnight(from) - day;
}

function isCompare(text: string): boolean {
  return /^[1-9]\d{0,2}d$/.test(text) || !Number.isNaN(dayIn(text));
}

function dayIn(text: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+07:00`) : Number.NaN;
}

/** `2026-11-20` of a moment in the city. */
export function dayText(ms: number): string {
  return new Date(ms + CITY_MS).toISOString().slice(0, 10);
}

/** The city's time in an address: `2026-11-23T14:05`, with seconds where there are some. */
function momentText(ms: number): string {
  const text = new Date(Math.round(ms / 1000) * 1000 + CITY_MS).toISOString().slice(0, 19);
  return text.endsWith(":00") ? text.slice(0, 16) : text;
}

function momentIn(text: string | null): number {
  return text !== null && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)
    ? Date.parse(`${text.length === 16 ? `${text}:00` : text}+07:00`)
    : Number.NaN;
}

const listed = (text: string | null): string[] => [
  ...new Set((text ?? "").split(",").filter((one) => one !== "")),
];

/** The view an address asks for; what is not understood is left out. */
export function viewIn(query: URLSearchParams): View {
  const range = query.get("range") as Preset | null;
  const [from, to] = [momentIn(query.get("from")), momentIn(query.get("to"))];
  return {
    sensors: listed(query.get("sensors") ?? query.get("sensor")),
    zones: listed(query.get("zones")),
    areas: listed(query.get("areas")),
    metrics: listed(query.get("metrics")).filter((one) => /^[a-z0-9_]+\/[a-z0-9_]+$/.test(one)),
    span: from < to ? [from, to] : range !== null && PRESETS.includes(range) ? range : EMPTY.span,
    compare: listed(query.get("compare")).filter(isCompare).slice(0, COMPARED),
    alerts: query.get("alerts") !== "no",
  };
}

export function queryOf(view: View): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["sensors", "zones", "areas", "metrics", "compare"] as const)
    if (view[name].length > 0) found[name] = view[name].join(",");
  if (typeof view.span === "string") found.range = view.span;
  else {
    found.from = momentText(view.span[0]);
    found.to = momentText(view.span[1]);
  }
  if (!view.alerts) found.alerts = "no";
  return found;
}

/** The address of a history, for links from elsewhere. */
export function historyOf(part: Partial<View>): string {
  return addressOf("history", "", queryOf({ ...EMPTY, ...part }));
}

/** A part of the span, no shorter than can be looked at, in whole seconds. */
export function zoomed(from: number, to: number): Span {
  const more = Math.max(0, SHORTEST_MS - (to - from)) / 2;
  const round = (ms: number): number => Math.round(ms / 1000) * 1000;
  return [round(from - more), round(to + more)];
}

/** Twice as long around the same middle; not beyond now where it ended before. */
export function wider([from, to]: Span, now: number): Span {
  const half = (to - from) / 2;
  const end = to <= now ? Math.min(to + half, now) : to + half;
  return zoomed(end - 4 * half, end);
}

/** Half a span earlier or later. */
export function moved([from, to]: Span, by: -1 | 1): Span {
  const half = ((to - from) / 2) * by;
  return zoomed(from + half, to + half);
}

/** Where a comparison's days are the same ones as the span's own: nothing would be compared. */
export function foolish(compare: string, from: number): boolean {
  return shiftOf(compare, from) === 0;
}
