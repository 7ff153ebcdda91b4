import { formatDate, formatMoment, formatTime } from "../format";
import { t } from "../i18n";
import { now } from "../store/clock";
import { midnight } from "./typed";

const CITY_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

/** A moment of the API as it is read here; a dash where there is none. */
export function when(text: string | null | undefined): string {
  return text ? formatMoment(Date.parse(text), now.value) : "–";
}

/** With its day in any case, for records. */
export function exactly(text: string): string {
  const ms = Date.parse(text);
  return `${formatDate(ms)} ${formatTime(ms)}`;
}

/** The day alone; a word where there is no end. */
export function until(text: string | null | undefined): string {
  return text ? t("grant.until", { date: formatDate(Date.parse(text)) }) : t("grant.endless");
}

/** The beginning of the day so many days from now, in the city; for fields. ms since 1970 */
export function dayFromNow(days: number): number {
  return midnight(now.peek()) + days * DAY_MS;
}

/** The beginning of a moment's day for a field; null where there is none. */
export function dayOf(text: string | null | undefined): number | null {
  return text ? midnight(Date.parse(text)) : null;
}

/** The end of a day of the city, as the API takes it; null where none is given. */
export function endOf(day: number | null): string | null {
  return day === null ? null : `${new Date(day + CITY_MS).toISOString().slice(0, 10)}T23:59:59+07:00`;
}
