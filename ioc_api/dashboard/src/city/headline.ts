import type { Domain, Metric } from "../api/types";

/** The two figures that stand for a domain at a glance; a domain that is not listed shows its first two. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  traffic: ["speed", "flow"],
  environment: ["pm2_5", "temperature"],
  lighting: ["lamp_on", "power"],
  electricity: ["power", "voltage"],
  water: ["pressure_bar", "water_flow"],
};

export function headlineMetrics(domain: Domain): Metric[] {
  const byName = new Map(domain.metrics.map((metric) => [metric.name, metric]));
  const chosen = CHOSEN[domain.code] ?? domain.metrics.slice(0, 2).map((metric) => metric.name);
  return chosen.flatMap((name) => byName.get(name) ?? []);
}

/** Below this share of reporting sensors a figure is marked: it may not stand for its place any more. */
export const ENOUGH = 0.9;

/** How a metric is shown: a factor, a unit and decimals. A share of lamps reads better as a percentage. */
interface Manner {
  factor: number;
  unit: string;
  digits: number;
}

const DIGITS: Readonly<Record<string, number>> = {
  flow: 0,
  speed: 1,
  pm2_5: 1,
  temperature: 1,
  voltage: 1,
  power: 1,
  water_flow: 1,
  pressure_bar: 2,
  ph: 2,
  power_factor: 2,
  current: 2,
  frequency: 2,
  chlorine: 2,
  turbidity: 2,
  level: 2,
  energy: 1,
};

export function mannerOf(metric: Metric): Manner {
  if (metric.kind === "state") return { factor: 100, unit: "%", digits: 1 };
  // Feeders and substations carry kilowatts; a lamp does not.
  if (metric.unit === "W" && metric.high >= 1e6) return { factor: 0.001, unit: "kW", digits: 1 };
  return { factor: 1, unit: metric.unit === "1" ? "" : metric.unit, digits: DIGITS[metric.name] ?? 1 };
}
