import type { Hours } from "../../api/rules";
import { type Key, t } from "../../i18n";

export const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;

export function dayName(day: number): string {
  return t(`weekday.${day}` as Key);
}

/** Days as people say them: `thứ 2–6`, `T2, T4`. */
export function daysText(days: readonly number[]): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const day of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === day - 1) last[1] = day;
    else runs.push([day, day]);
  }
  return runs
    .map(([from, to]) =>
      from === to ? dayName(from) : `${dayName(from)}${to === from + 1 ? ", " : "–"}${dayName(to)}`,
    )
    .join(", ");
}

/** Working hours in a line; a word where somebody always works. */
export function hoursText(hours: readonly Hours[]): string {
  if (hours.length === 0) return t("department.always");
  return hours.map((h) => `${daysText(h.days)} ${h.from}–${h.to}`).join("; ");
}

/** A time of day as it is typed (`7:30`, `7h30`, `0730`), written as the server wants it; null: it is none. */
export function timeOfDay(text: string): string | null {
  const found = /^(\d{1,2})(?:[:.h]|giờ)?(\d{2})?$/i.exec(text.trim());
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? 0)];
  if (hour > 24 || minute > 59 || (hour === 24 && minute > 0)) return null;
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
