/** Shifts of the city, and when a silence ends: always at some moment, at the most 30 days on. */

const CITY_MS = 7 * 3_600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const LONGEST_MS = 30 * DAY_MS;
/** Shifts begin at these hours of the city's day, as digests are sent. */
const SHIFTS = [6, 14, 22] as const;

export const ENDS = ["30m", "1h", "4h", "shift", "1d", "other"] as const;
export type End = (typeof ENDS)[number];

/** When the shift of a moment began, and the next one begins; ms since 1970. */
export function shiftOf(ms: number): [from: number, to: number] {
  const city = ms + CITY_MS;
  const day = Math.floor(city / DAY_MS) * DAY_MS;
  const begins = [-1, 0, 1].flatMap((d) => SHIFTS.map((hour) => day + d * DAY_MS + hour * HOUR_MS));
  const to = begins.find((at) => at > city) ?? city;
  const from = [...begins].reverse().find((at) => at <= city) ?? city;
  return [from - CITY_MS, to - CITY_MS];
}

/** The moment that is meant; null: it is to be chosen still. */
export function endOf(end: End, now: number, other: number | null): number | null {
  switch (end) {
    case "30m":
      return now + HOUR_MS / 2;
    case "1h":
      return now + HOUR_MS;
    case "4h":
      return now + 4 * HOUR_MS;
    case "shift":
      return shiftOf(now)[1];
    case "1d":
      return now + DAY_MS;
    default:
      return other;
  }
}
