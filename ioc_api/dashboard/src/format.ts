import { computed } from "@preact/signals";
import { language } from "./store/prefs";

/** Numbers, times and ages as people read them here. City time is UTC+7, without daylight saving. */

const CITY_MS = 7 * 3_600_000;
const EMPTY = "–";

const numbers = computed(() => {
  const locale = language.value === "vi" ? "vi-VN" : "en-GB";
  return [0, 1, 2, 3].map(
    (digits) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
});

/** A number with a fixed count of decimals; a dash where there is none. */
export function formatNumber(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return EMPTY;
  const text = numbers.value[Math.min(digits, 3)]?.format(value) ?? EMPTY;
  // "-0,0" says nothing more than "0,0".
  return /^-[0.,]+$/.test(text) ? text.slice(1) : text;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** dd/MM/yyyy in city time. */
export function formatDate(ms: number): string {
  const t = new Date(ms + CITY_MS);
  return `${two(t.getUTCDate())}/${two(t.getUTCMonth() + 1)}/${t.getUTCFullYear()}`;
}

/** HH:mm:ss in city time. */
export function formatTime(ms: number): string {
  const t = new Date(ms + CITY_MS);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
}

/** The time alone if it is today, else with its day. */
export function formatMoment(ms: number, nowMs: number): string {
  const day = formatDate(ms);
  return day === formatDate(nowMs) ? formatTime(ms) : `${day} ${formatTime(ms)}`;
}

/** An age in the two largest units that matter: 4 s, 3 min 10 s, 2 h 05, 3 d. */
export function formatAge(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const [second, minute, hour, day] =
    language.value === "vi" ? ["giây", "phút", "giờ", "ngày"] : ["s", "min", "h", "d"];
  if (s < 60) return `${s} ${second}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${minute}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} ${hour}`;
  return `${Math.floor(s / 86_400)} ${day}`;
}
