/** What the API answers, as far as this screen reads it. Times are RFC 3339 in UTC. */

export interface Named {
  code: string;
  vi: string;
  en: string;
}

export type Area = Named;

export interface Zone extends Named {
  area: string;
  lat: number;
  lon: number;
  /** minimum longitude, minimum latitude, maximum longitude, maximum latitude */
  bbox: [number, number, number, number];
  area_km2: number;
  valid_from: string | null;
  valid_to: string | null;
}

export interface Metric {
  name: string;
  unit: string;
  kind: "gauge" | "delta" | "counter" | "state";
  low: number;
  high: number;
  aggregate: string;
  vi: string;
  en: string;
}

export interface Domain extends Named {
  interval_s: number;
  metrics: Metric[];
}

export type Liveness = "online" | "late" | "offline" | "never_seen";
export const LIVENESS: readonly Liveness[] = ["online", "late", "offline", "never_seen"];

/** How a sensor is counted: under maintenance, or by its liveness. */
export type Condition = Liveness | "maintenance";
export const CONDITIONS: readonly Condition[] = [...LIVENESS, "maintenance"];

export interface Sensor {
  sensor_id: string;
  name: string;
  area: string;
  zone: string | null;
  domain: string;
  site: string;
  place: string;
  lat: number | null;
  lon: number | null;
  interval_s: number;
  parent: string;
  metrics: string[];
  status: "active" | "maintenance" | "retired";
  liveness: Liveness;
  last_seen: string | null;
}

/** An item of the topic `aggregates`; `value` is the metric's own aggregate (`agg` names it). */
export interface Aggregate {
  key: string;
  area: string;
  zone: string | null;
  domain: string;
  metric: string;
  window: string;
  count: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  value?: number | null;
  agg?: string;
  sensors: { reporting: number; expected: number };
  at: string;
  newest?: string | null;
}

export interface LivenessItem {
  key: string;
  liveness: Liveness;
  last_seen: string | null;
}

export interface Latest {
  key: string;
  value: number | null;
  time: string;
  quality: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}
