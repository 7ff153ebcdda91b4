import type { Span } from "../charts/model";
import { shiftOf, type View } from "./view";

/** What is asked of the API so that a view can be drawn. */
export interface Question {
  domain: string;
  metrics: readonly string[];
  /** several sensors, or the figure of one zone or area */
  of: { kind: "sensors"; ids: readonly string[]; interval: number } | { kind: "zone" | "area"; code: string };
  /** ms before the span; 0: the span itself */
  shift: number;
  compare: string | null;
}

/** What must be known of a sensor to ask for it. */
export interface Fact {
  sensor_id: string;
  name: string;
  domain: string;
  metrics: readonly string[];
  interval_s: number;
}

/** So many lines can be told apart. */
export const LINES = 20;

/** The questions of a view, each of one domain; a sensor is asked for what it measures. */
export function questionsOf(view: View, span: Span, facts: ReadonlyMap<string, Fact>): Question[] {
  const byDomain = new Map<string, string[]>();
  for (const one of view.metrics) {
    const [domain = "", metric = ""] = one.split("/");
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), metric]);
  }
  const asked: Omit<Question, "shift" | "compare">[] = [];
  for (const [domain, metrics] of byDomain) {
    const mine = view.sensors.flatMap((id) => {
      const fact = facts.get(id);
      return fact?.domain === domain && fact.metrics.some((metric) => metrics.includes(metric)) ? [fact] : [];
    });
    if (mine.length > 0) {
      const interval = Math.max(...mine.map((fact) => fact.interval_s));
      const ids = mine.map((fact) => fact.sensor_id);
      asked.push({ domain, metrics, of: { kind: "sensors", ids, interval } });
    }
    for (const code of view.areas) asked.push({ domain, metrics, of: { kind: "area", code } });
    for (const code of view.zones) asked.push({ domain, metrics, of: { kind: "zone", code } });
  }
  const shifts = [null, ...view.compare].map((compare) => ({
    compare,
    shift: compare === null ? 0 : shiftOf(compare, span[0]),
  }));
  return shifts
    .filter(({ compare, shift }) => compare === null || shift !== 0)
    .flatMap((when) => asked.map((one) => ({ ...one, ...when })));
}

/** How many lines a view comes to, before anything is read (a sensor's channels are not known yet). */
export function linesOf(view: View, facts: ReadonlyMap<string, Fact>): number {
  let base = 0;
  for (const one of view.metrics) {
    const [domain, metric = ""] = one.split("/");
    base += view.areas.length + view.zones.length;
    for (const id of view.sensors) {
      const fact = facts.get(id);
      if (fact?.domain === domain && fact?.metrics.includes(metric)) base += 1;
    }
  }
  return base * (1 + view.compare.length);
}

/** The parameters that say of what and when. */
function subject(question: Question, span: Span): URLSearchParams {
  const query = new URLSearchParams();
  if (question.of.kind === "sensors") for (const id of question.of.ids) query.append("sensor", id);
  else {
    query.set("of", "whole");
    query.set(question.of.kind, question.of.code);
    query.set("domain", question.domain);
  }
  for (const metric of question.metrics) query.append("metric", metric);
  query.set("from", new Date(span[0] - question.shift).toISOString());
  query.set("to", new Date(span[1] - question.shift).toISOString());
  return query;
}

/** Readings are answered as they came where they are hardly more than the points asked for (docs/api.md). */
const ENOUGH = 1.25;

/** Whether the answer will be readings as they came, which have no steps. */
export function single(question: Question, span: Span, points: number): boolean {
  if (question.of.kind !== "sensors") return false;
  return (span[1] - span[0]) / 1000 <= points * question.of.interval * ENOUGH;
}

export function pathOf(question: Question, span: Span, points: number, items: boolean): string {
  const query = subject(question, span);
  query.set("points", String(points));
  if (items) query.set("limit", "10000");
  else {
    query.set("layout", "series");
    for (const stat of ["value", "min", "max"]) query.append("stat", stat);
  }
  return `observations?${query}`;
}

/** The file of what is drawn; `points` 0: every reading. Figures of a whole zone have no readings: minutes. */
export function fileOf(question: Question, span: Span, points: number, form: "csv" | "parquet"): string {
  const query = subject(question, span);
  if (points > 0 && !single(question, span, points)) query.set("points", String(points));
  else if (question.of.kind !== "sensors") query.set("step", "1m");
  query.set("format", form);
  return `observations?${query}`;
}
