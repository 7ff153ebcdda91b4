import type { Metric } from "../api/types";

/**
 * Colours of a metric: seven steps of cividis, which those who do not see red or green tell apart as well as others, from
 * dark (low) to light (high). On a light ground each has a rim, as on a dark one.
 */
export const RAMP: readonly string[] = [
  "#00336f",
  "#36476b",
  "#575c6d",
  "#75757a",
  "#9a9376",
  "#c5b566",
  "#fbe144",
];

/** What is dark enough for light letters. */
const DARK = 4;

/** Scales that people know, so that a colour means the same today and tomorrow; others fit what is shown. */
const KNOWN: Readonly<Record<string, readonly [number, number]>> = {
  "traffic/speed": [0, 70],
  "environment/pm2_5": [0, 150],
  "environment/temperature": [10, 40],
  "lighting/lamp_on": [0, 1],
};

export type Scale = readonly [low: number, high: number];

/** Where a value is on the scale: 0 to 6; ends are open. */
export function step(value: number, [low, high]: Scale): number {
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return Math.max(0, Math.min(RAMP.length - 1, Math.floor(share * RAMP.length)));
}

export function colourAt(place: number): string {
  return RAMP[place] ?? "";
}

/** Whether letters on that step are to be light. */
export function isDark(place: number): boolean {
  return place < DARK;
}

/**
 * The scale for a metric (`domain/name`) of which `values` are shown. One that is not known fits them, at round numbers;
 * `before` stays while it is good, so that colours do not change under the reader's eyes.
 */
export function scaleOf(
  name: string,
  metric: Pick<Metric, "low" | "high"> | undefined,
  values: readonly number[],
  before: Scale | null = null,
): Scale {
  const known = KNOWN[name];
  if (known) return known;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return before ?? [metric?.low ?? 0, metric?.high ?? 1];
  const fits = before !== null && low >= before[0] && high <= before[1];
  if (fits && high - low > (before[1] - before[0]) / 4) return before;
  const [from, to] = round(low, high);
  return [Math.max(from, metric?.low ?? from), Math.min(to, metric?.high ?? to)];
}

/** Round numbers around both. */
function round(low: number, high: number): [number, number] {
  const span = Math.max(high - low, Math.abs(high) * 0.02, 1e-6);
  const unit = 10 ** Math.floor(Math.log10(span));
  const width = [1, 2, 5, 10].map((n) => (n * unit) / 5).find((n) => n * 7 >= span) ?? unit;
  return [Math.floor(low / width) * width, Math.ceil(high / width) * width];
}
