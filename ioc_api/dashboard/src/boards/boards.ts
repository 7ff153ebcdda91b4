import type { Domain } from "../api/types";
import { headlineMetrics } from "../city/headline";

/** A chart of a board: a metric, and perhaps what it is shown as. */
export interface ChartSpec {
  metric: string;
  /** kW from the kWh of each step: what meters count, nothing counted twice by being averaged */
  demand?: boolean;
  /** steps are at least so long (s) */
  least?: number;
  floor?: number;
}

const chart = (metric: string, more: Partial<ChartSpec> = {}): ChartSpec => ({ metric, ...more });

/** What the boards of the known domains draw. */
const CHARTS: Readonly<Record<string, readonly ChartSpec[]>> = {
  traffic: [
    chart("speed", { floor: 0 }),
    chart("flow", { floor: 0 }),
    chart("occupancy", { floor: 0 }),
    chart("queue", { floor: 0 }),
  ],
  environment: [
    chart("pm2_5", { floor: 0 }),
    chart("pm10", { floor: 0 }),
    chart("no2", { floor: 0 }),
    chart("noise"),
    chart("temperature"),
  ],
  lighting: [chart("lamp_on", { floor: 0 }), chart("voltage")],
  electricity: [
    chart("energy", { demand: true, least: 300, floor: 0 }),
    chart("voltage"),
    chart("frequency"),
    chart("power_factor"),
  ],
  water: [
    chart("pressure_bar", { floor: 0 }),
    chart("water_flow", { floor: 0 }),
    chart("chlorine", { floor: 0 }),
    chart("turbidity", { floor: 0 }),
    chart("ph"),
  ],
};

/** The charts of a domain; of one that nobody has described the first of its metrics. */
export function chartsOf(domain: Domain): readonly ChartSpec[] {
  const has = new Set(domain.metrics.map((metric) => metric.name));
  const chosen = CHARTS[domain.code] ?? domain.metrics.slice(0, 6).map((metric) => chart(metric.name));
  return chosen.filter((one) => has.has(one.metric));
}

/** What is said of a device and not of the city. */
const DEVICE: ReadonlySet<string> = new Set(["battery", "signal"]);
const MOST = 6;

/** The charts of one sensor: those of its domain that it can fill, then its other metrics. */
export function chartsOfSensor(domain: Domain, metrics: readonly string[]): readonly ChartSpec[] {
  const usual = chartsOf(domain);
  if (metrics.length === 0) return usual;
  const known = usual.filter((one) => metrics.includes(one.metric));
  const drawn = new Set(known.map((one) => one.metric));
  const named = new Set(domain.metrics.map((metric) => metric.name));
  const others = metrics.filter((name) => named.has(name) && !drawn.has(name) && !DEVICE.has(name));
  return [...known, ...others.map((name) => chart(name))].slice(0, Math.max(MOST, known.length));
}

/** The figures of the table of places. */
const FIGURES: Readonly<Record<string, readonly string[]>> = {
  traffic: ["speed", "flow", "occupancy"],
  environment: ["pm2_5", "noise", "temperature", "humidity"],
  lighting: ["voltage"],
  electricity: ["voltage", "frequency", "power_factor"],
  water: ["pressure_bar", "water_flow", "chlorine", "turbidity"],
};

export function figuresOf(domain: Domain): string[] {
  const has = new Set(domain.metrics.map((metric) => metric.name));
  const chosen = FIGURES[domain.code] ?? headlineMetrics(domain).map((metric) => metric.name);
  return chosen.filter((name) => has.has(name));
}

/** The indices of places that a board follows. */
const INDICES: Readonly<Record<string, readonly string[]>> = {
  traffic: ["tti"],
  environment: ["vn_aqi_hourly"],
  lighting: ["lamps_on", "lamps_faulty", "lamps_unreachable", "lighting_energy", "lighting_hours"],
};

export function indicesOf(domain: string): readonly string[] {
  return INDICES[domain] ?? [];
}

/** The order of the boards: the five that a city has, then all others. */
const ORDER: readonly string[] = ["traffic", "environment", "lighting", "electricity", "water"];

export function inOrder(domains: readonly Domain[]): Domain[] {
  const rank = (domain: Domain): number => {
    const at = ORDER.indexOf(domain.code);
    return at < 0 ? ORDER.length : at;
  };
  return [...domains].sort((a, b) => rank(a) - rank(b));
}
