import { ApiError } from "../api/http";
import { formatAge, formatDate, formatNumber } from "../format";
import { half, type Key, nameOf, t } from "../i18n";
import { written } from "../parts/typed";
import { areas, zones } from "../store/registry";

/** Why the API did not answer, in words that say what to do. */
export function why(cause: unknown): string {
  if (!(cause instanceof ApiError) || cause.status === 0 || cause.status >= 500)
    return t("history.unreachable");
  if (cause.status === 403) return t("history.forbidden");
  if (cause.status === 429) return t("history.busy");
  // Which part of the address was wrong is for programs.
  const said = cause.detail.replace(/^(query|body)\.\w+: ?/, "");
  if (cause.status !== 422) return half(said);
  const days = /at most ([\d,]+) days/.exec(said)?.[1];
  if (days !== undefined)
    return t("history.too_long", { days: formatNumber(Number(days.replace(/,/g, ""))) });
  if (/takes too long/.test(said)) return t("history.too_slow");
  if (/are possible at once/.test(said)) return t("history.too_much");
  return said.includes(" / ") ? half(said) : t("history.refused", { detail: said });
}

const SOURCES: Readonly<Record<string, Key>> = {
  raw: "history.from_raw",
  minute: "history.from_minute",
  hour: "history.from_hour",
  day: "history.from_day",
};

/** What an answer was made from. */
export function madeFrom(sources: readonly string[]): string {
  return [...new Set(sources)].map((one) => (SOURCES[one] ? t(SOURCES[one]) : one)).join(", ");
}

/** How far apart the points are. */
export function stepText(seconds: number | null): string {
  return seconds === null ? t("history.every_reading") : formatAge(seconds);
}

/** A span as people say it: the day once where it is one. */
export function spanText([from, to]: readonly [number, number]): string {
  const day = formatDate(from);
  if (to - from === 86_400_000 && written(from).endsWith("00:00")) return day;
  if (formatDate(to) === day) return `${written(from)} – ${written(to).slice(11)}`;
  return `${written(from)} – ${written(to)}`;
}

/** The name of a place; its code where it has none. */
export function placeName(kind: "zone" | "area", code: string): string {
  const known = (kind === "zone" ? zones : areas).value.find((one) => one.code === code);
  return known ? nameOf(known) : code;
}
