/** Moments as people type them, in the city's time (UTC+7, without daylight saving). */

const CITY_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

interface Reading {
  /** a day alone is its end, 23:59, and not its beginning */
  end?: boolean;
  /** days alone are asked for: a time of day is not understood */
  day?: boolean;
}

/** ms since 1970; null: nothing was typed; "unclear": not understood; "no_day": there is no such day or time. */
type Typed = number | null | "unclear" | "no_day";

const two = (n: number): string => String(n).padStart(2, "0");

/** dd/MM/yyyy HH:mm in the city, or the day alone. */
export function written(ms: number, day = false): string {
  const t = new Date(ms + CITY_MS);
  const date = `${two(t.getUTCDate())}/${two(t.getUTCMonth() + 1)}/${t.getUTCFullYear()}`;
  return day ? date : `${date} ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
}

/** Midnight of the city at the beginning of a moment's day. */
export function midnight(ms: number): number {
  return Math.floor((ms + CITY_MS) / DAY_MS) * DAY_MS - CITY_MS;
}

const CLOCK = /^(\d{1,2})(?:[:h.]|g|giờ)(\d{2})?(?::(\d{2}))?$/;
const DAY_FIRST = /^(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2}|\d{4}))?$/;
const YEAR_FIRST = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const WORDS: readonly [RegExp, number][] = [
  [/^(hôm nay|today)$/, 0],
  [/^(hôm qua|yesterday)$/, -1],
  [/^(hôm kia)$/, -2],
  [/^(ngày mai|tomorrow)$/, 1],
];

/**
 * Read it: `23/11/2026 14:05`, `23-11 14h05`, `23.11.26`, `2026-11-23T14:05`, `14:05` of today, `hôm qua 7h`, `now`.
 * A year that is not typed is this one.
 */
export function momentIn(text: string, now: number, { end = false, day = false }: Reading = {}): Typed {
  const typed = text.trim().toLocaleLowerCase("vi").normalize("NFC").replace(/\s+/g, " ");
  if (typed === "") return null;
  if (!day && /^(bây giờ|now)$/.test(typed)) return Math.floor(now / 60_000) * 60_000;
  const [date, clock] = parted(typed);
  const at = clock === null ? null : clockIn(clock);
  if (at === "unclear" || (day && at !== null)) return "unclear";
  const start = date === null ? midnight(now) : dayIn(date, now);
  if (typeof start === "string") return start;
  if (at === "no_day") return "no_day";
  if (at !== null) return start + at;
  return end ? start + DAY_MS - 60_000 : start;
}

/** The day and the time of day, whichever there is. */
function parted(typed: string): [string | null, string | null] {
  const iso = typed.replace(/^(\d{4}-\d{1,2}-\d{1,2})t/, "$1 ").replace(/\s*(giờ|h)\s+(?=\d{1,2}$)/, "h");
  const words = iso.split(/,? /);
  const last = words.at(-1) ?? "";
  const first = words[0] ?? "";
  if (words.length === 1) return CLOCK.test(last) && !DAY_FIRST.test(last) ? [null, last] : [last, null];
  if (CLOCK.test(last)) return [words.slice(0, -1).join(" "), last];
  if (CLOCK.test(first)) return [words.slice(1).join(" "), first];
  return [iso, null];
}

function clockIn(text: string): number | "unclear" | "no_day" {
  const found = CLOCK.exec(text);
  if (!found) return "unclear";
  const [hour, minute, second] = [found[1], found[2] ?? "0", found[3] ?? "0"].map(Number);
  if (hour === undefined || minute === undefined || second === undefined) return "unclear";
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second > 0)) return "no_day";
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

function dayIn(text: string, now: number): number | "unclear" | "no_day" {
  for (const [word, days] of WORDS) if (word.test(text)) return midnight(now) + days * DAY_MS;
  const iso = YEAR_FIRST.exec(text);
  if (iso) return dayOfParts(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const found = DAY_FIRST.exec(text);
  if (!found) return "unclear";
  const said = found[3];
  const year = said === undefined ? new Date(now + CITY_MS).getUTCFullYear() : Number(said);
  return dayOfParts(year < 100 ? 2000 + year : year, Number(found[2]), Number(found[1]));
}

function dayOfParts(year: number, month: number, day: number): number | "no_day" {
  const at = new Date(Date.UTC(year, month - 1, day));
  const same = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return same ? at.getTime() - CITY_MS : "no_day";
}

/** The days of a month's sheet, as midnights: whole weeks from Monday. */
export function sheet(month: number): number[] {
  const first = new Date(month + CITY_MS);
  const weekday = (first.getUTCDay() + 6) % 7;
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const weeks = Math.ceil((weekday + days) / 7);
  return Array.from({ length: weeks * 7 }, (_, i) => month + (i - weekday) * DAY_MS);
}

/** The first of a moment's month, so many months on. */
export function firstOf(ms: number, months = 0): number {
  const t = new Date(ms + CITY_MS);
  return Date.UTC(t.getUTCFullYear(), t.getUTCMonth() + months, 1) - CITY_MS;
}
