import type { Metric } from "../api/types";

/**
 * The ends of the scale for values from `low` to `high`: at least `least` and a tenth of the value apart, for a flutter
 * must not look like weather; and never beyond what the metric can be.
 */
export function spread(
  low: number,
  high: number,
  metric: Pick<Metric, "low" | "high">,
  least: number,
): [number, number] {
  const span = Math.max(high - low, least, 0.1 * Math.max(Math.abs(low), Math.abs(high)));
  const middle = (low + high - span) / 2;
  const floor = Math.max(Math.min(low, metric.low), Math.min(Math.max(high, metric.high) - span, middle));
  return [floor, floor + span];
}
