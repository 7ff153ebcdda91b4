import { type Key, t } from "../i18n";
import { language } from "../store/prefs";

/** A number as people write it: with a decimal comma or a point, and blanks between thousands. null: it is none. */
export function readNumber(text: string): number | null {
  const plain = text
    .trim()
    .replace(/[\s\u00a0\u202f]/g, "")
    .replace("−", "-");
  return /^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/.test(plain) ? Number(plain.replace(",", ".")) : null;
}

/** The same back: all its digits, and the mark that is used here. */
export function showNumber(value: number): string {
  const text = String(value);
  return language.peek() === "vi" ? text.replace(".", ",") : text;
}

const UNITS: readonly (readonly [number, RegExp, Key])[] = [
  [86_400, /^(d|days?|ngày)$/i, "amount.day"],
  [3600, /^(h|hours?|giờ)$/i, "amount.hour"],
  [60, /^(m|min|minutes?|ph|phút)$/i, "amount.minute"],
  [1, /^(s|sec|seconds?|g|giây)$/i, "amount.second"],
];

/** Seconds of `10 phút`, `1h30m`, `90`; null: it is no duration. */
export function readDuration(text: string): number | null {
  const plain = text.trim().toLowerCase();
  const bare = readNumber(plain);
  if (bare !== null) return bare >= 0 ? bare : null;
  let seconds = 0;
  const rest = plain.replace(/([\d.,]+)\s*([^\d\s.,]+)\s*/gu, (whole, count: string, word: string) => {
    const unit = UNITS.find(([, form]) => form.test(word.normalize("NFC")));
    const number = readNumber(count);
    if (unit === undefined || number === null) return whole;
    seconds += unit[0] * number;
    return "";
  });
  return rest.trim() === "" && plain !== "" ? seconds : null;
}

/** Seconds as people read them, exactly: `1 giờ 30 phút`. */
export function showDuration(seconds: number): string {
  if (seconds === 0) return t("amount.second", { n: 0 });
  let left = seconds;
  const parts: string[] = [];
  for (const [size, , key] of UNITS) {
    const count = size === 1 ? Number(left.toFixed(3)) : Math.floor(left / size);
    if (count === 0) continue;
    left -= count * size;
    parts.push(t(key, { n: showNumber(count) }));
  }
  return parts.join(" ");
}

/** A moment as the city's day (`yyyy-MM-dd`); empty where there is none. */
export function dayText(ms: number | null): string {
  return ms === null ? "" : new Date(ms + 7 * 3_600_000).toISOString().slice(0, 10);
}
