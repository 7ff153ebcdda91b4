import { formatNumber } from "../format";
import { language } from "../store/prefs";

/** Axes in the city's time (UTC+7, without daylight saving) and with the numbers of the language in force. */

const CITY_S = 7 * 3600;
const DAY_S = 86_400;
/** Steps of the axis of times, in s; months follow the calendar. */
export const STEPS_S: readonly number[] = [
  1,
  2,
  5,
  10,
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  3600,
  7200,
  10_800,
  21_600,
  43_200,
  DAY_S,
  2 * DAY_S,
  7 * DAY_S,
  14 * DAY_S,
  31 * DAY_S,
  92 * DAY_S,
  366 * DAY_S,
];
const MONTHS: ReadonlyMap<number, number> = new Map([
  [31 * DAY_S, 1],
  [92 * DAY_S, 3],
  [366 * DAY_S, 12],
]);

const two = (n: number): string => String(n).padStart(2, "0");
const cityDate = (s: number): Date => new Date((s + CITY_S) * 1000);

/** Round moments between two, in s: whole hours and midnights of the city, Mondays, firsts of months. */
export function roundTimes(from: number, to: number, step: number): number[] {
  const months = MONTHS.get(step);
  if (months !== undefined) return firstsOfMonths(from, to, months);
  // Weeks are counted from a Monday.
  const origin = step >= 7 * DAY_S ? 4 * DAY_S - CITY_S : -CITY_S;
  const found: number[] = [];
  for (let at = Math.ceil((from - origin) / step) * step + origin; at <= to; at += step) found.push(at);
  return found;
}

function firstsOfMonths(from: number, to: number, months: number): number[] {
  const start = cityDate(from);
  let month = start.getUTCFullYear() * 12 + start.getUTCMonth();
  month -= month % months;
  const found: number[] = [];
  for (;;) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000 - CITY_S;
    if (at > to) return found;
    if (at >= from) found.push(at);
    month += months;
  }
}

/** What stands under the round moments: the time, and the day under the first one and under every midnight. */
export function timeLabels(times: readonly number[], step: number): string[] {
  let day = "";
  return times.map((time) => {
    const date = cityDate(time);
    const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
    const today = `${two(date.getUTCDate())}/${two(date.getUTCMonth() + 1)}`;
    if (MONTHS.has(step)) {
      const year = date.getUTCFullYear();
      return step > 300 * DAY_S ? String(year) : `${two(date.getUTCMonth() + 1)}/${year}`;
    }
    if (step >= DAY_S) return step === DAY_S && times.length <= 9 ? `${weekday(date)}\n${today}` : today;
    const text = step < 60 ? `${clock}:${two(date.getUTCSeconds())}` : clock;
    const said = today === day ? text : `${text}\n${today}`;
    day = today;
    return said;
  });
}

/** CN, T2 …; Sun, Mon … */
function weekday(date: Date): string {
  const [locale, width] = language.value === "vi" ? (["vi", "narrow"] as const) : (["en", "short"] as const);
  return new Intl.DateTimeFormat(locale, { weekday: width, timeZone: "UTC" }).format(date);
}

/** A moment as the crosshair says it; s since 1970. */
export function cursorTime(time: number, spanS: number): string {
  const date = cityDate(time);
  const day = `${two(date.getUTCDate())}/${two(date.getUTCMonth() + 1)}/${date.getUTCFullYear()}`;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return spanS > 6 * 3600 ? `${day} ${clock}` : `${day} ${clock}:${two(date.getUTCSeconds())}`;
}

/** Decimals that tell neighbouring marks of a scale apart. */
export function digitsFor(step: number): number {
  if (!(step > 0)) return 0;
  return Math.min(3, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}

export function numberLabels(values: readonly number[], step: number): string[] {
  return values.map((value) => formatNumber(value, digitsFor(step)));
}

/** Decimals of a value that is read alone. */
export function digitsOf(value: number): number {
  const size = Math.abs(value);
  return size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
}
