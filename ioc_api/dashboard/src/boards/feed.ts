import { effect, signal } from "@preact/signals";
import type { Steps } from "../api/boards";
import { ApiError, get } from "../api/http";
import type { Aggregate, Latest } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";
import { figure } from "../store/aggregates";
import { now } from "../store/clock";
import { follow } from "../store/living";
import { metricsOf } from "../store/registry";
import { connection } from "../store/system";
import type { ChartSpec } from "./boards";
import { RANGES, type Range, type Subject } from "./choice";
import { Row } from "./rows";

/** Amounts, meters and directions tell by history alone: one reading is no figure of a step. */
const ALONE: ReadonlySet<string> = new Set(["sum", "increase", "circular"]);
/** History is read anew so often: late readings, and ranges without a live window. */
const ANEW_MS = 300_000;

interface Question {
  domain: string;
  subjects: readonly Subject[];
  charts: readonly ChartSpec[];
  range: Range;
}

/** What all charts of a board are drawn from: history when it is opened, then what the socket says. */
export class Feed {
  /** Counts what has changed; the rows change in place. */
  readonly tick = signal(0);
  readonly busy = signal(true);
  /** Why history could not be read: null, "" (not reached), or what the server said. */
  readonly trouble = signal<string | null>(null);
  /** Areas as wholes are not this person's. */
  readonly narrow = signal(false);
  private rows = new Map<string, Row>();
  private running = 0;

  row(subject: string, metric: string): Row | undefined {
    return this.rows.get(`${subject}/${metric}`);
  }

  /** Show this from now on; answers how to stop. */
  show(question: Question): () => void {
    this.rows = new Map();
    this.busy.value = true;
    this.trouble.value = null;
    this.running += 1;
    const mine = this.running;
    const read = (): void => {
      this.read(question, mine).catch((cause) => console.warn(cause));
    };
    read();
    const stops = [...this.live(question), everyMinutes(read), onReturn(read)];
    return () => {
      this.running += 1;
      for (const stop of stops) stop();
    };
  }

  private async read(question: Question, mine: number): Promise<void> {
    const found = await Promise.allSettled(
      question.subjects.flatMap((subject) =>
        [...bySteps(question)].map(([step, charts]) => this.ask(question, subject, step, charts, mine)),
      ),
    );
    if (mine !== this.running) return;
    const failed = found.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    const refused = failed.some(
      (cause) => cause instanceof ApiError && (cause.status === 404 || cause.status === 403),
    );
    if (refused && question.subjects.every((one) => one.zone === null && one.sensor === null))
      this.narrow.value = true;
    else this.trouble.value = failed.length === 0 ? null : said(failed[0]);
    this.busy.value = false;
    this.tick.value += 1;
  }

  private async ask(
    { domain, range }: Question,
    subject: Subject,
    step: number,
    charts: readonly ChartSpec[],
    mine: number,
  ): Promise<void> {
    const span = RANGES[range].seconds;
    const nowS = Math.floor(now.peek() / 1000);
    const from = Math.floor((nowS - span) / step) * step;
    const who =
      subject.sensor !== null
        ? `sensor=${encodeURIComponent(subject.sensor)}`
        : `${subject.zone !== null ? `zone=${subject.zone}` : `area=${subject.area}`}&of=whole`;
    const metrics = charts.map((one) => `metric=${one.metric}`).join("&");
    const path = `observations?${who}&domain=${domain}&${metrics}&step=${step}&layout=series&stat=value&gaps=null&from=${new Date(from * 1000).toISOString()}`;
    const { series } = await get<Steps>(
      subject.sensor === null ? path : path.replace(`&domain=${domain}`, ""),
    );
    if (mine !== this.running) return;
    for (const spec of charts) {
      const parts = series.filter((one) => one.metric === spec.metric);
      const first = parts[0];
      if (first === undefined) continue;
      // Of a sensor with several channels (phases, lanes) the one as a whole, or their mean.
      const whole = parts.find((one) => (one.channel ?? "") === "" || one.channel === "total");
      const values = whole ? (whole.value ?? []) : means(parts.map((one) => one.value ?? []));
      const factor = spec.demand ? 3600 / step : 1;
      const row = this.rowOf(subject.key, spec.metric, step, span);
      row.fill(
        Date.parse(first.start) / 1000,
        values.map((v) => (v === null ? null : v * factor)),
      );
    }
    this.tick.value += 1;
  }

  private rowOf(subject: string, metric: string, step: number, span: number): Row {
    const name = `${subject}/${metric}`;
    let row = this.rows.get(name);
    if (!row) {
      row = new Row(step, span);
      this.rows.set(name, row);
    }
    return row;
  }

  /** Each length of step has a live window of its own. */
  private live(question: Question): (() => void)[] {
    const sensor = question.subjects[0]?.sensor ?? null;
    if (sensor !== null) return this.sensor(question, sensor);
    const zones = question.subjects.flatMap((one) => one.zone ?? []);
    const place = zones.length > 0 ? { zone: zones } : { area: question.subjects.map((one) => one.area) };
    const shown = new Set(question.subjects.map((one) => one.key));
    const stops: (() => void)[] = [];
    for (const [step, charts] of bySteps(question)) {
      const window = Object.values(RANGES).find((one) => one.step === step)?.window ?? null;
      if (window === null) continue;
      const specs = new Map(charts.map((one) => [one.metric, one]));
      const sink = heard((items) => {
        for (const item of items as Aggregate[]) {
          const key = item.zone ?? item.area;
          const spec = specs.get(item.metric);
          const value = figure(item);
          if (!spec || value === null || !shown.has(key) || item.domain !== question.domain) continue;
          const row = this.rowOf(key, item.metric, step, RANGES[question.range].seconds);
          row.put(Date.parse(item.at) / 1000, value * (spec.demand ? 3600 / step : 1));
        }
        this.tick.value += 1;
      });
      const filter = { ...place, domain: [question.domain], metric: [...specs.keys()], window: [window] };
      // A longer step moves slower.
      stops.push(follow("aggregates", filter, sink, step === 60 ? 1 : 0.2));
    }
    return stops;
  }

  /** Of one sensor the mean of what is heard in each step, of sound that of its energy. */
  private sensor(question: Question, sensor: string): (() => void)[] {
    const means = new Map<string, { bucket: number; sum: number; n: number }>();
    const how = (metric: string) => metricsOf.peek().get(`${question.domain}/${metric}`)?.aggregate ?? "mean";
    const charts = question.charts.filter((one) => !one.demand && !ALONE.has(how(one.metric)));
    if (charts.length === 0) return [];
    const sink = heard((items) => {
      for (const item of items as Latest[]) {
        const [, metric = "", channel = ""] = item.key.split("/");
        const spec = charts.find((one) => one.metric === metric);
        if (
          !spec ||
          item.value === null ||
          item.quality !== "measuring" ||
          (channel !== "" && channel !== "total")
        )
          continue;
        const row = this.row(sensor, metric);
        if (!row) continue;
        const at = Date.parse(item.time) / 1000;
        const bucket = row.bucket(at);
        const before = means.get(metric);
        const mean = before?.bucket === bucket ? before : { bucket, sum: 0, n: 0 };
        const loud = how(metric) === "energy";
        mean.sum += loud ? 10 ** (item.value / 10) : item.value;
        mean.n += 1;
        means.set(metric, mean);
        row.put(at, loud ? 10 * Math.log10(mean.sum / mean.n) : mean.sum / mean.n);
      }
      this.tick.value += 1;
    });
    return [follow("latest", { sensor: [sensor], metric: charts.map((one) => one.metric) }, sink, 1)];
  }
}

/** The charts by the length of their steps. */
function bySteps({ charts, range }: Question): Map<number, ChartSpec[]> {
  const found = new Map<number, ChartSpec[]>();
  for (const one of charts) {
    const step = Math.max(RANGES[range].step, one.least ?? 0);
    found.set(step, [...(found.get(step) ?? []), one]);
  }
  return found;
}

function means(lines: readonly (readonly (number | null)[])[]): (number | null)[] {
  return (lines[0] ?? []).map((_, i) => {
    const there = lines.flatMap((line) => line[i] ?? []);
    return there.length === 0 ? null : there.reduce((a, b) => a + b, 0) / there.length;
  });
}

function heard(take: (items: Keyed[]) => void): Sink {
  return { replace: take, apply: take };
}

/** What the server said of it; empty where it was not reached. */
export function said(cause: unknown): string {
  return cause instanceof ApiError && cause.status > 0 && cause.status < 500 ? cause.detail : "";
}

/** While somebody looks. */
export function everyMinutes(work: () => void, everyMs = ANEW_MS): () => void {
  const timer = setInterval(() => document.visibilityState === "visible" && work(), everyMs);
  return () => clearInterval(timer);
}

/** When the socket is back after it was gone. */
export function onReturn(work: () => void): () => void {
  let gone = false;
  return effect(() => {
    const live = connection.value.phase === "live";
    if (live && gone) work();
    gone = !live;
  });
}
