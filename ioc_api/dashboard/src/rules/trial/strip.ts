import type { Replayed, Worst } from "../../api/rules";
import { formatDate, formatTime } from "../../format";

interface Piece {
  /** share of the span at which it begins, and how much of it it takes */
  at: number;
  width: number;
  again: boolean;
  since: number;
  until: number | null;
}

/** When a sensor was raised, as pieces of the span; what would be too thin to be seen is as thin as can be seen. */
export function piecesOf(worst: Worst, found: Replayed, least = 0.002): Piece[] {
  const [from, to] = [Date.parse(found.since), Date.parse(found.until)];
  const whole = to - from;
  return worst.raises.map(({ since, until, again }) => {
    const begin = Math.max(Date.parse(since), from);
    const end = until === null ? to : Math.min(Date.parse(until), to);
    const width = Math.min(1, Math.max(least, (end - begin) / whole));
    return {
      at: Math.min((begin - from) / whole, 1 - width),
      width,
      again,
      since: begin,
      until: until === null ? null : end,
    };
  });
}

/** Marks under the span: the time of day on a day, else days. */
export function marksOf(found: Replayed, most = 3): { at: number; text: string }[] {
  const [from, to] = [Date.parse(found.since), Date.parse(found.until)];
  const hours = [3, 6, 24, 48, 120, 240].find((h) => (to - from) / (h * 3_600_000) <= most + 2) ?? 480;
  const step = hours * 3_600_000;
  const city = 7 * 3_600_000;
  const out = [];
  for (let at = Math.ceil((from + city) / step) * step - city; at < to; at += step) {
    const text = hours < 24 ? formatTime(at).slice(0, 5) : formatDate(at).slice(0, 5);
    out.push({ at: (at - from) / (to - from), text });
  }
  return out;
}

/** Heights of bars, 0 to 1, of both rows by one measure. */
export function heights(counts: readonly number[], most: number): number[] {
  return counts.map((n) => (n === 0 ? 0 : Math.max(0.12, n / Math.max(most, 1))));
}
