import "./setup";
import { beforeEach, expect, test } from "vitest";
import type { Alert } from "../src/api/alerts";
import type { Observations, Series } from "../src/api/history";
import { at, DAY, FACTS, NOW, registry } from "./past";

const view = await import("../src/history/view");
const { questionsOf } = await import("../src/history/questions");
const { figuresOf, tracesOf } = await import("../src/history/answers");
const { panelsOf } = await import("../src/history/panels");
const { annotationsOf, pathsOf, within } = await import("../src/history/events");

beforeEach(registry);

const SERIES: Series = {
  metric: "speed",
  unit: "km/h",
  vi: "tốc độ",
  en: "speed",
  aggregate: "mean",
  readings: 3,
  expected_readings: 4,
  complete: 75,
  sensor_id: "A",
  channel: "",
};
const ANSWER: Observations = {
  items: [],
  next: null,
  series: [],
  from: "",
  to: "",
  step_s: 60,
  source: "minute",
  made_from: ["minute"],
  rolled_up_to: null,
  late: 0,
  left_out: [],
  notes: [],
};

function question(part: Record<string, unknown> = {}) {
  const asked = { ...view.EMPTY, sensors: ["A"], metrics: ["traffic/speed"] };
  const [found] = questionsOf(asked, [NOW - DAY, NOW], FACTS);
  if (!found) throw new Error("a question");
  return { ...found, ...part };
}

test("steps become a line with its gaps; a comparison is shifted onto the span", () => {
  const stepped = {
    ...SERIES,
    start: "2026-11-22T00:00:00Z",
    step_s: 60,
    value: [1, null, 3],
    min: [0, null, 2],
  };
  const [trace] = tracesOf({ ...ANSWER, series: [stepped] }, question({ shift: DAY, compare: "1d" }));
  const start = Date.parse("2026-11-23T00:00:00Z") / 1000;
  expect(trace?.times).toEqual([start, start + 60, start + 120]);
  expect(trace?.values).toEqual([1, null, 3]);
  expect(trace && figuresOf(trace)).toEqual({ low: 0, mean: 2, high: 3, last: 3 });
  if (!trace) return;
  const of = (aggregate: string, values: number[]) =>
    figuresOf({ ...trace, about: { ...trace.about, aggregate }, low: null, high: null, values });
  const wind = of("circular", [350, 20]);
  expect(wind.mean).toBeCloseTo(5);
  expect([wind.low, wind.high]).toEqual([null, null]);
  expect(of("energy", [60, 60, 80]).mean).toBeCloseTo(75.31, 1);
});

test("readings as they came: only those that measure are drawn, and a silence breaks the line", () => {
  const item = (seconds: number, value: number, quality = "measuring") => ({
    time: new Date(NOW + seconds * 1000).toISOString(),
    sensor_id: "A",
    metric: "speed",
    channel: "",
    value,
    quality,
  });
  const answer = {
    ...ANSWER,
    step_s: null,
    series: [SERIES],
    items: [item(0, 5), item(10, 9, "fault"), item(20, 6)],
  };
  const [trace] = tracesOf(answer, question());
  expect(trace?.values).toEqual([5, 6]);
  const { panels } = panelsOf(trace ? [trace] : [], { source: () => "A" });
  expect(panels[0]?.lines[0]?.every).toBe(10);
});

test("panels are of one unit; a share of lamps reads as percent; more lines than can be told apart are left", () => {
  const trace = (key: string, unit: string, source: string, compare: string | null = null) => ({
    metric: key,
    channel: "",
    unit,
    source,
    compare,
    times: [1],
    values: [0.5],
    low: null,
    high: null,
    step: 60,
    interval: 10,
    about: SERIES,
  });
  const { panels, left } = panelsOf(
    [
      trace("traffic/speed", "km/h", "sensor:A"),
      trace("traffic/speed", "km/h", "sensor:A", "1d"),
      trace("lighting/lamp_on", "1", "zone:07210"),
    ],
    { source: (source) => source },
  );
  expect(left).toBe(0);
  expect(panels.map((panel) => [panel.unit, panel.lines.map((line) => line.values[0])])).toEqual([
    ["km/h", [0.5, 0.5]],
    ["%", [50]],
  ]);
  const [base, before] = panels[0]?.lines ?? [];
  expect(base?.tone).not.toBe(before?.tone);
  expect(before?.faint).toBe(true);
  const many = Array.from({ length: 25 }, (_, i) => trace("traffic/speed", "km/h", `sensor:${i}`));
  expect(panelsOf(many, { source: (source) => source }).left).toBe(5);
});

const about = (unit: string) => ({ domains: new Set(["traffic"]), units: new Set([unit]) });

test("alerts that touch the span are signs on the panels of their unit", () => {
  const alert = (id: number, started_at: string, cleared_at: string | null, unit = "km/h") =>
    ({
      id,
      vi: "chậm",
      en: "slow",
      severity: "major",
      started_at,
      cleared_at,
      unit,
      resolved_at: null,
      closed_at: null,
    }) as unknown as Alert;
  const span = [at("2026-11-23T00:00"), at("2026-11-23T12:00")] as const;
  const z = (text: string): string => new Date(at(text)).toISOString();
  const over = alert(1, z("2026-11-22T10:00"), z("2026-11-22T11:00"));
  const on = alert(2, z("2026-11-22T10:00"), null);
  expect([over, on].map((one) => within(one, span))).toEqual([false, true]);
  expect(annotationsOf([on], about("µg/m³"), NOW)).toEqual([]);
  expect(annotationsOf([on], about("km/h"), NOW)[0]).toMatchObject({ to: null, href: "#/alerts/2" });
  expect(annotationsOf([{ ...on, domain: "lighting" }], about("km/h"), NOW)).toEqual([]);
  const paths = pathsOf(
    { ...view.EMPTY, sensors: ["A", "B"], zones: ["07210"], metrics: ["traffic/speed"] },
    span,
  );
  // Those of the time before it, and those that are open still whenever they began.
  expect(paths).toHaveLength(4);
  expect(paths.filter((one) => one.includes("sensor=A&sensor=B"))).toHaveLength(2);
  expect(paths.filter((one) => one.includes("zone=07210&domain=traffic"))).toHaveLength(2);
});
