import type { Alert, WhyAlert } from "../api/alerts";

/** The readings around an alert: what the API is asked, and what it answers. */

export interface Stepped {
  metric: string;
  unit: string;
  vi: string;
  en: string;
  channel?: string;
  start: string;
  step_s: number;
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

const BEFORE_MS = 2 * 3_600_000;
const AFTER_MS = 30 * 60_000;
/** Of what goes on for longer, the beginning and what came after. */
const LONGEST_MS = 3 * 86_400_000;

/** From before its first breach to after its end, or until now; ms since 1970. */
export function spanOf(alert: Alert, nowMs: number): [number, number] {
  const began = Date.parse(alert.started_at);
  const ended = alert.resolved_at ?? alert.cleared_at;
  const to = ended === null ? nowMs : Math.min(nowMs, Date.parse(ended) + AFTER_MS);
  const from = Math.max(began - BEFORE_MS, to - LONGEST_MS);
  return [from, Math.max(to, from + 600_000)];
}

/** The question for the readings that the rule has looked at; null: it looks at no readings that could be drawn. */
export function questionOf(alert: Alert, why: WhyAlert, span: readonly [number, number]): string | null {
  const { condition } = why.rule;
  const metric = condition?.metric;
  if (!metric) return null;
  const query = new URLSearchParams({ metric, layout: "series", gaps: "null", points: "180" });
  query.set("from", new Date(span[0]).toISOString());
  query.set("to", new Date(span[1]).toISOString());
  if (condition.type === "aggregate") {
    query.set("of", "whole");
    if (alert.zone !== null) query.set("zone", alert.zone);
    else query.set("area", alert.area);
  } else if (alert.sensor_id !== null) query.set("sensor", alert.sensor_id);
  else return null;
  if (alert.domain !== null) query.set("domain", alert.domain);
  return `observations?${query}`;
}

/** The one of the series that the alert is about. */
export function seriesOf(alert: Alert, list: readonly Stepped[]): Stepped | null {
  const channel = alert.channel ?? "";
  return list.find((one) => (one.channel ?? "") === channel) ?? list[0] ?? null;
}
