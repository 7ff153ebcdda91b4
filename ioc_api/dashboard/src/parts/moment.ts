import { formatDate, formatMoment, formatTime } from "../format";
import { t } from "../i18n";
import { now } from "../store/clock";

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

/** The day (`yyyy-MM-dd`) in the city's time, so many days from now; for fields. */
export function dayFromNow(days: number): string {
  return new Date(now.peek() + CITY_MS + days * DAY_MS).toISOString().slice(0, 10);
}

/** The day of a moment for a field; empty where there is none. */
export function dayOf(text: string | null | undefined): string {
  return text ? new Date(Date.parse(text) + CITY_MS).toISOString().slice(0, 10) : "";
}

/** The end of a day of the city, as the API takes it; null where none is given. */
export function endOf(day: string): string | null {
  return day === "" ? null : `${day}T23:59:59+07:00`;
}

/** A moment that was typed as the city's time (`yyyy-MM-ddTHH:mm`), as the API takes it. */
export function typed(text: string): string {
  return `${text.length === 16 ? `${text}:00` : text}+07:00`;
}
