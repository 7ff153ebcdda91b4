/** What the API answers about the boards' figures, as far as this screen reads it. Times are RFC 3339 in UTC. */
import type { Liveness } from "./types";

/** A figure the city speaks in: an item of the topic `indices`, and of `GET indices/…`. */
export interface IndexItem {
  key: string;
  index: string;
  area: string;
  zone: string | null;
  sensor_id: string | null;
  value: number | null;
  unit: string;
  level: string | null;
  vi: string;
  en: string;
  colour: string | null;
  at: string | null;
  completeness: number | null;
  method: string;
  legal_basis: string;
  since?: string | null;
  reason?: string | null;
  details?: Readonly<Record<string, unknown>>;
}

export interface RankedSensor {
  sensor_id: string;
  name: string;
  place: string;
  site: string;
  area: string;
  zone: string | null;
  liveness: Liveness;
  last_seen: string | null;
}

export interface IndexRanking {
  index: string;
  order: "highest" | "lowest";
  count: number;
  unsaid: number;
  levels: Readonly<Record<string, number>>;
  reasons: Readonly<Record<string, number>>;
  items: { rank: number; item: IndexItem; sensor: RankedSensor | null }[];
}

export interface ReadingRanking {
  domain: string;
  metric: string;
  unit: string;
  order: "highest" | "lowest";
  count: number;
  mean: number | null;
  sum: number | null;
  items: { rank: number; value: number; time: string; sensor: RankedSensor }[];
}

/** One entry of `GET observations?layout=series`; null in gaps. */
export interface StepSeries {
  sensor_id?: string;
  area: string;
  zone: string | null;
  domain: string;
  metric: string;
  unit: string;
  channel?: string;
  start: string;
  step_s: number;
  value?: (number | null)[];
  min?: (number | null)[];
  max?: (number | null)[];
}

export interface Steps {
  series: StepSeries[];
}

export interface LampDay {
  day: string;
  off_at: string;
  on_at: string;
}

export interface Timetable {
  items: LampDay[];
  due: boolean;
  next_change: string;
}

/** When a value breaches, as `GET rules` has it. */
export interface Levels {
  above: number | null;
  below: number | null;
}

export interface BoardRule {
  code: string;
  vi: string;
  en: string;
  severity: "critical" | "major" | "warning" | "info";
  legal_basis: string | null;
  enabled: boolean;
  condition: {
    type: string;
    metric?: string;
    index?: string;
    of?: string;
    detail?: string;
    only?: Readonly<Record<string, unknown>>;
    window?: string;
    levels?: Levels;
  };
  scope: Readonly<Record<"domain" | "area" | "zone" | "sensor" | "site" | "site_kind" | "tag", string[]>>;
}

export interface ListedRule {
  code: string;
  enabled: boolean;
  set_aside: string | null;
  rule: BoardRule;
}
