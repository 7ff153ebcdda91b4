import type { Item, Observations, Series } from "../api/history";
import type { Question } from "./questions";

/** One line of an answer: what it is, and its values on times of the span that is looked at. */
export interface Trace {
  /** `domain/metric` */
  metric: string;
  channel: string;
  unit: string;
  /** `sensor:ID`, `zone:07210`, `area:bac_giang` */
  source: string;
  compare: string | null;
  /** s since 1970; those of a comparison are shifted onto the span */
  times: number[];
  values: (number | null)[];
  low: (number | null)[] | null;
  high: (number | null)[] | null;
  /** s; null: readings as they came */
  step: number | null;
  /** s between readings, where they are as they came */
  interval: number;
  about: Series;
}

/** The lines of an answer. */
export function tracesOf(answer: Observations, question: Question): Trace[] {
  const rows = new Map<string, Item[]>();
  for (const item of answer.items) {
    const key = rowOf(item);
    const row = rows.get(key);
    if (row) row.push(item);
    else rows.set(key, [item]);
  }
  return answer.series.map((series) => traceOf(series, rows.get(rowOf(series)) ?? [], answer, question));
}

function rowOf(one: Series | Item): string {
  return [one.sensor_id ?? one.zone ?? one.area ?? "", one.metric, one.channel ?? ""].join("\n");
}

function traceOf(series: Series, items: readonly Item[], answer: Observations, question: Question): Trace {
  const shift = question.shift / 1000;
  const { of } = question;
  const source = of.kind === "sensors" ? `sensor:${series.sensor_id}` : `${of.kind}:${of.code}`;
  const trace: Trace = {
    metric: `${question.domain}/${series.metric}`,
    channel: series.channel ?? "",
    unit: series.unit,
    source,
    compare: question.compare,
    times: [],
    values: [],
    low: null,
    high: null,
    step: series.step_s ?? answer.step_s,
    interval: of.kind === "sensors" ? of.interval : 60,
    about: series,
  };
  if (series.value && series.start && series.step_s) {
    const [start, step] = [Date.parse(series.start) / 1000 + shift, series.step_s];
    trace.times = series.value.map((_, i) => start + i * step);
    trace.values = series.value;
    trace.low = series.min ?? null;
    trace.high = series.max ?? null;
    return trace;
  }
  // Only readings that measure are drawn, as only those count in steps.
  const good = items.filter((item) => (item.quality ?? "measuring") === "measuring");
  trace.times = good.map((item) => Date.parse(item.time) / 1000 + shift);
  trace.values = good.map((item) => item.value);
  return trace;
}

/** Lowest, mean and highest of a line's own points, and its newest. */
interface Figures {
  low: number | null;
  mean: number | null;
  high: number | null;
  last: number | null;
}

/** The mean is that of the metric: of directions, of sound energy, arithmetic else. Directions have no least. */
export function figuresOf(trace: Trace): Figures {
  const how = trace.about.aggregate;
  let [low, high, sum, side, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  let last: number | null = null;
  trace.values.forEach((value, i) => {
    if (value === null) return;
    low = Math.min(low, trace.low?.[i] ?? value);
    high = Math.max(high, trace.high?.[i] ?? value);
    const turn = (value * Math.PI) / 180;
    sum += how === "circular" ? Math.cos(turn) : how === "energy" ? 10 ** (value / 10) : value;
    side += Math.sin(turn);
    count += 1;
    last = value;
  });
  if (count === 0) return { low: null, mean: null, high: null, last };
  if (how === "circular") {
    const points = Math.hypot(sum, side) > 1e-6 * count;
    const mean = points ? ((Math.atan2(side, sum) * 180) / Math.PI + 360) % 360 : null;
    return { low: null, mean, high: null, last };
  }
  return { low, mean: how === "energy" ? 10 * Math.log10(sum / count) : sum / count, high, last };
}
