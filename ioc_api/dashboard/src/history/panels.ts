import type { Line } from "../charts/model";
import { mannerOf } from "../city/headline";
import { nameOf, t } from "../i18n";
import { metricsOf } from "../store/registry";
import type { Trace } from "./answers";
import { LINES } from "./questions";

/** Lines of one unit, one over another; panels stand one under another. */
export interface Panel {
  unit: string;
  title: string;
  lines: Line[];
  /** the trace of each line, and what it is called where its panel is not beside it */
  traces: Trace[];
  whole: string[];
}

/** How the things of a view are called. */
interface Names {
  source: (source: string) => string;
}

/** So many lines may have the shadow of their lowest and highest. */
const SHADOWED = 2;

export function metricName(key: string): string {
  const metric = metricsOf.value.get(key);
  return metric ? nameOf(metric) : (key.split("/")[1] ?? key);
}

/** `1d`: a day before … ; a day: that day. */
export function compareName(compare: string): string {
  const days = /^(\d+)d$/.exec(compare)?.[1];
  if (days === "1") return t("history.day_before");
  if (days === "7") return t("history.week_before");
  if (days !== undefined) return t("history.days_before", { days });
  return compare.split("-").reverse().join("/");
}

/** The panels of what was read, in the order of the metrics, and how many lines did not fit on them. */
export function panelsOf(traces: readonly Trace[], names: Names): { panels: Panel[]; left: number } {
  const shown = traces.slice(0, LINES);
  const byUnit = new Map<string, Trace[]>();
  for (const trace of shown) {
    const unit = unitOf(trace);
    byUnit.set(unit, [...(byUnit.get(unit) ?? []), trace]);
  }
  const panels = [...byUnit].map(([unit, mine]) => panelOf(unit, mine, names));
  return { panels, left: traces.length - shown.length };
}

function panelOf(unit: string, traces: Trace[], names: Names): Panel {
  const metrics = [...new Set(traces.map((one) => one.metric))];
  const sources = [...new Set(traces.map((one) => one.source))];
  const base = traces.filter((one) => one.compare === null);
  const slots = new Map<string, number>();
  for (const trace of [...base, ...traces])
    if (!slots.has(slotOf(trace))) slots.set(slotOf(trace), slots.size);
  const compared = [...new Set(traces.map((one) => one.compare).filter((one) => one !== null))];
  const alone = base.length <= SHADOWED && compared.length === 0;
  const only = metrics.length === 1 && sources.length === 1;
  const words = (trace: Trace, metric: boolean, source: boolean): string =>
    [...(metric ? [metricName(trace.metric)] : []), ...(source ? [names.source(trace.source)] : [])].join(
      " · ",
    ) + (trace.channel === "" ? "" : ` (${trace.channel})`);
  const called = (trace: Trace): string => {
    const when = trace.compare === null ? "" : compareName(trace.compare);
    // Where the title says what it is, the line says when.
    if (only && compared.length > 0 && trace.channel === "") return when || t("history.this_span");
    const what = words(trace, metrics.length > 1 || sources.length === 1, sources.length > 1);
    return when === "" ? what : `${what}, ${when}`;
  };
  const lines = traces.map((trace): Line => {
    const slot = slots.get(slotOf(trace)) ?? 0;
    const known = metricsOf.value.get(trace.metric);
    const manner = known && mannerOf(known);
    const factor = manner?.factor ?? 1;
    const { aggregate } = trace.about;
    const sums = trace.step !== null && (aggregate === "sum" || aggregate === "increase");
    const scaled = (values: readonly (number | null)[]): readonly (number | null)[] =>
      factor === 1 ? values : values.map((value) => (value === null ? null : value * factor));
    return {
      name: called(trace),
      unit,
      times: trace.times,
      values: scaled(trace.values),
      // One line and its days have a colour each; days of several lines have theirs, and another dash.
      tone:
        base.length === 1 ? slot + 1 + (trace.compare === null ? -1 : compared.indexOf(trace.compare)) : slot,
      dash: slot + (trace.compare === null ? 0 : 1 + compared.indexOf(trace.compare)),
      faint: trace.compare !== null,
      ...(manner && { digits: manner.digits }),
      stepped: sums || known?.kind === "state",
      ...(trace.step === null && { every: trace.interval }),
      ...(alone && !sums && aggregate !== "circular" && trace.low !== null && trace.high !== null
        ? { low: scaled(trace.low), high: scaled(trace.high) }
        : {}),
    };
  });
  const title = only
    ? `${metricName(metrics[0] ?? "")} · ${names.source(sources[0] ?? "")}`
    : metrics.map(metricName).join(", ");
  const whole = traces.map((trace) =>
    [words(trace, true, true), trace.compare === null ? "" : compareName(trace.compare)]
      .filter((one) => one)
      .join(", "),
  );
  return { unit, title, lines, traces, whole };
}

function slotOf(trace: Trace): string {
  return `${trace.metric}\n${trace.source}\n${trace.channel}`;
}

function unitOf(trace: Trace): string {
  const metric = metricsOf.value.get(trace.metric);
  return metric ? mannerOf(metric).unit : trace.unit;
}

export function factorOf(trace: Trace): number {
  const metric = metricsOf.value.get(trace.metric);
  return metric ? mannerOf(metric).factor : 1;
}
