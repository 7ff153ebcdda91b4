import "./setup";
import { beforeEach, expect, test } from "vitest";
import { at, DAY, FACTS, NOW, registry } from "./past";

const { ApiError } = await import("../src/api/http");
const { withMetric } = await import("../src/history/asked");
const view = await import("../src/history/view");
const { fileOf, linesOf, pathOf, questionsOf, single } = await import("../src/history/questions");
const { pathsOf } = await import("../src/history/events");
const { spanText, why } = await import("../src/history/words");

beforeEach(registry);

test("an address and its view are the same thing", () => {
  const whole = {
    sensors: ["A", "B"],
    zones: ["07210"],
    areas: ["bac_giang"],
    metrics: ["traffic/speed"],
    span: [at("2026-11-22T07:00"), at("2026-11-22T07:00:30")] as const,
    compare: ["1d", "2026-11-20"],
    alerts: false,
  };
  expect(view.viewIn(new URLSearchParams(view.queryOf(whole)))).toEqual(whole);
  expect(view.viewIn(new URLSearchParams())).toEqual(view.EMPTY);
  expect(view.historyOf({ sensors: ["A"], metrics: ["traffic/speed"] })).toBe(
    "#/history?sensors=A&metrics=traffic%2Fspeed&range=24h",
  );
});

test("what an address says wrong is left out", () => {
  const odd = view.viewIn(
    new URLSearchParams({
      metrics: "speed,traffic/speed,<b>",
      range: "3w",
      from: "2026-11-23T00:00",
      to: "2026-11-22T00:00",
      compare: "0d,1d,2026-13-40,7d,2d,3d",
    }),
  );
  expect(odd.metrics).toEqual(["traffic/speed"]);
  expect(odd.span).toBe("24h");
  expect(odd.compare).toEqual(["1d", "7d", "2d"]);
});

test("one sensor may be named as such; what has no metric yet gets the first figure that there is", () => {
  expect(view.viewIn(new URLSearchParams("sensor=A")).sensors).toEqual(["A"]);
  expect(withMetric([], "traffic")).toEqual(["traffic/speed"]);
  expect(withMetric(["traffic/flow"], "traffic")).toEqual(["traffic/flow"]);
  expect(withMetric(["traffic/speed"], "traffic", ["flow"])).toEqual(["traffic/speed", "traffic/flow"]);
  expect(withMetric([], "nowhere")).toEqual([]);
});

test("presets are spans of the city's clock", () => {
  const of = (span: import("../src/history/view").Preset) => view.spanOf({ ...view.EMPTY, span }, NOW);
  expect(of("8h")).toEqual([NOW - 8 * 3_600_000, NOW]);
  expect(of("today")).toEqual([at("2026-11-23T00:00"), at("2026-11-24T00:00")]);
  expect(of("yesterday")).toEqual([at("2026-11-22T00:00"), at("2026-11-23T00:00")]);
});

test("a brush of a pixel is still a minute, and wider goes out around it, not beyond now", () => {
  expect(view.zoomed(1000, 1000)).toEqual([-29_000, 31_000]);
  const [from, to] = view.wider([NOW - 3_600_000, NOW], NOW);
  expect([from, to]).toEqual([NOW - 7_200_000, NOW]);
  expect(view.moved([NOW - DAY, NOW], -1)).toEqual([NOW - 1.5 * DAY, NOW - 0.5 * DAY]);
});

test("a comparison lies so many days before, or on a chosen day", () => {
  expect(view.shiftOf("7d", NOW)).toBe(7 * DAY);
  expect(view.shiftOf("2026-11-20", NOW)).toBe(3 * DAY);
  expect(view.foolish("2026-11-23", NOW)).toBe(true);
});

test("a sensor is asked for what it measures, a ward for all, and each day of comparison once more", () => {
  const asked = {
    ...view.EMPTY,
    sensors: ["A", "B", "E", "gone"],
    zones: ["07210"],
    metrics: ["traffic/speed", "environment/pm2_5"],
    compare: ["1d"],
  };
  const found = questionsOf(asked, [NOW - DAY, NOW], FACTS);
  expect(found.map(({ domain, of, shift }) => [domain, "ids" in of ? of.ids : of.code, shift / DAY])).toEqual(
    [
      ["traffic", ["A", "B"], 0],
      ["traffic", "07210", 0],
      ["environment", ["E"], 0],
      ["environment", "07210", 0],
      ["traffic", ["A", "B"], 1],
      ["traffic", "07210", 1],
      ["environment", ["E"], 1],
      ["environment", "07210", 1],
    ],
  );
  expect(linesOf(asked, FACTS)).toBe(2 * (2 + 1 + 1 + 1));
});

test("a short span is asked reading by reading, a long one by steps, a ward always by steps", () => {
  const [sensors, ward] = questionsOf(
    { ...view.EMPTY, sensors: ["A"], zones: ["07210"], metrics: ["traffic/speed"] },
    [NOW - DAY, NOW],
    FACTS,
  );
  if (!sensors || !ward) throw new Error("two questions");
  expect(single(sensors, [NOW - 3_600_000, NOW], 400)).toBe(true);
  expect(single(sensors, [NOW - DAY, NOW], 400)).toBe(false);
  expect(single(ward, [NOW - 3_600_000, NOW], 400)).toBe(false);
  expect(pathOf(sensors, [NOW - DAY, NOW], 400, false)).toContain(
    "layout=series&stat=value&stat=min&stat=max",
  );
  expect(fileOf(sensors, [NOW - DAY, NOW], 400, "csv")).toContain("points=400&format=csv");
  expect(fileOf(sensors, [NOW - DAY, NOW], 0, "csv")).not.toContain("points");
  expect(fileOf(ward, [NOW - DAY, NOW], 0, "parquet")).toContain("step=1m&format=parquet");
});

test("a refusal is said in words that say what to do", () => {
  const refused = (detail: string, status = 422) => why(new ApiError(status, "", { detail }));
  expect(
    refused("query.from: tối đa 1.098 ngày / at most 1098 days of steps can be asked for at once: bring"),
  ).toContain("1.098 ngày");
  expect(
    refused("cần khoảng 9 bước / this question comes to about 9 steps, and 5 are possible at once: ask"),
  ).toContain("khoảng ngắn hơn");
  expect(refused("query.step: / this question takes too long to answer")).toContain("quá nhiều thời gian");
  expect(refused("query.sensor: không có / there is none", 404)).toBe("Không có");
  expect(why(new ApiError(0, "x"))).toContain("thử lại sau");
});

test("a span is written as people say it", () => {
  expect(spanText([at("2026-11-22T00:00"), at("2026-11-23T00:00")])).toBe("22/11/2026");
  expect(spanText([at("2026-11-22T07:00"), at("2026-11-22T08:30")])).toBe("22/11/2026 07:00 – 08:30");
});

test("alerts of a span: those that began within 30 days before it, and those that are open since whenever", () => {
  const asked = pathsOf({ ...view.EMPTY, sensors: ["A"], zones: ["07210"], metrics: ["traffic/speed"] }, [
    NOW - DAY,
    NOW,
  ]).map((path) => new URLSearchParams(path.split("?")[1]));
  const days = (one: URLSearchParams): number | null =>
    one.has("since") ? (NOW - Date.parse(one.get("since") ?? "")) / DAY : null;
  const open = ["firing", "acknowledged", "in_progress"];
  expect(asked.map((one) => [one.get("sensor"), one.get("zone"), days(one), one.getAll("state")])).toEqual([
    ["A", null, 31, []],
    ["A", null, null, open],
    [null, "07210", 31, []],
    [null, "07210", null, open],
  ]);
  expect(asked.every((one) => Date.parse(one.get("until") ?? "") === NOW)).toBe(true);
});
