import "./setup";
import { expect, test } from "vitest";

const { Row, summed } = await import("../src/boards/rows");
const { choiceOf, linkOf, subjectsOf } = await import("../src/boards/choice");
const { limitsOf } = await import("../src/boards/limits");
const { chartsOf, chartsOfSensor } = await import("../src/boards/boards");
const { added, compared, midnight } = await import("../src/boards/Energy");
const { dueLine, obeyed } = await import("../src/boards/Schedule");
const { inkOn } = await import("../src/boards/AirCard");
const { fewest, nearest } = await import("../src/boards/ChartPanel");
const { pageIn } = await import("../src/store/route");

const AREAS = [
  { code: "bac_giang", vi: "Bắc Giang", en: "Bac Giang" },
  { code: "viet_yen", vi: "Việt Yên", en: "Viet Yen" },
];
const zone = (code: string, area: string) => ({
  code,
  area,
  vi: code,
  en: code,
  lat: 0,
  lon: 0,
  bbox: [0, 0, 0, 0] as [number, number, number, number],
  area_km2: 1,
  valid_from: null,
  valid_to: null,
});
const ZONES = [zone("07210", "bac_giang"), zone("07228", "bac_giang"), zone("07777", "viet_yen")];

test("the running step is what was last heard of it, and a hole stays one", () => {
  const row = new Row(60, 600);
  row.fill(0, [1, null, 3]);
  row.put(150, 4);
  expect([row.times, row.values]).toEqual([
    [0, 60, 120],
    [1, null, 4],
  ]);
  // What ends exactly at a step's end belongs to it.
  row.put(180, 5);
  expect(row.values).toEqual([1, null, 5]);
  row.put(301, 6);
  expect([row.times, row.values]).toEqual([
    [0, 60, 120, 180, 240, 300],
    [1, null, 5, null, null, 6],
  ]);
  row.put(100, 9);
  expect(row.values).toEqual([1, null, 5, null, null, 6]);
});

test("what is older than the range goes", () => {
  const row = new Row(60, 120);
  for (let t = 60; t <= 600; t += 60) row.put(t, t);
  expect(row.times).toEqual([420, 480, 540]);
});

test("history that is read anew keeps what was heard after it", () => {
  const row = new Row(60, 6000);
  row.fill(0, [1, 2]);
  row.put(150, 7);
  row.fill(0, [1, 2.5]);
  expect([row.times, row.values]).toEqual([
    [0, 60, 120],
    [1, 2, 7],
  ]);
  row.fill(0, [1, 2.5, 3, 4]);
  expect(row.values).toEqual([1, 2.5, 3, 4]);
});

test("a board is its address, and the address its board", () => {
  const there = pageIn("#/boards/water?zone=07228&range=24h&sensor=BG-1");
  const choice = choiceOf(there, AREAS, ZONES);
  expect(choice).toEqual({ domain: "water", area: "bac_giang", zone: "07228", sensor: "BG-1", range: "24h" });
  expect(linkOf(choice, {})).toBe("#/boards/water?zone=07228&sensor=BG-1&range=24h");
  expect(linkOf(choice, { zone: null, sensor: null, range: "6h" })).toBe("#/boards/water?area=bac_giang");
  const strange = choiceOf(pageIn("#/boards/water?zone=1&area=x&range=9y&sensor=%3Cb%3E"), AREAS, ZONES);
  expect(strange).toEqual({ domain: "water", area: null, zone: null, sensor: null, range: "6h" });
});

test("side by side stand areas, an area's wards, or the one ward", () => {
  const base = { domain: "traffic", area: null, zone: null, sensor: null, range: "6h" as const };
  const keys = (change: object, narrow = false) =>
    subjectsOf({ ...base, ...change }, AREAS, ZONES, narrow).map((one) => one.key);
  expect(keys({})).toEqual(["bac_giang", "viet_yen"]);
  expect(keys({ area: "bac_giang" })).toEqual(["07210", "07228"]);
  expect(keys({ area: "bac_giang", zone: "07228" })).toEqual(["07228"]);
  // Whoever may not see areas as wholes sees the wards.
  expect(keys({}, true)).toEqual(["07210", "07228", "07777"]);
});

const rule = (code: string, condition: object, more: object = {}) => ({
  code,
  enabled: true,
  set_aside: null,
  rule: {
    code,
    vi: code,
    en: code,
    severity: "warning" as const,
    legal_basis: null,
    enabled: true,
    condition: { type: "threshold", ...condition },
    scope: { domain: ["water"], area: [], zone: [], sensor: [], site: [], site_kind: [], tag: [], ...more },
  },
});
const above = (value: number) => ({ levels: { above: value, below: null } });

test("a chart draws the rules that are about it, there", () => {
  const rules = [
    rule("plain", { metric: "ph", ...above(8.5) }),
    rule("other-metric", { metric: "flow", ...above(1) }),
    rule("other-domain", { metric: "ph", ...above(1) }, { domain: ["air"] }),
    rule("at-a-site", { metric: "ph", ...above(7) }, { site: ["RV"] }),
    rule("tagged", { metric: "ph", ...above(7) }, { tag: ["x"] }),
    rule("in-a-ward", { metric: "ph", ...above(6) }, { zone: ["07210"] }),
    { ...rule("off", { metric: "ph", ...above(1) }), enabled: false },
    { ...rule("tripped", { metric: "ph", ...above(1) }), set_aside: "why" },
  ];
  const shown = { domain: "water", metric: "ph", area: null, zone: null, sensor: null, stepS: 300 };
  const codes = (change: object) => limitsOf(rules, { ...shown, ...change }).map((one) => one.code);
  expect(codes({})).toEqual(["plain"]);
  expect(codes({ area: "bac_giang", zone: "07210" })).toEqual(["plain", "in-a-ward"]);
  expect(codes({ sensor: { id: "S", site: "RV" } })).toEqual(["plain", "at-a-site"]);
});

test("a limit for means of an hour is drawn over hours and over nothing else", () => {
  const legal = rule("qcvn-no2-1h", {
    type: "index",
    index: "vn_aqi_hourly",
    detail: "concentrations.no2",
    ...above(200),
  });
  legal.rule.scope.domain = ["environment"];
  const day = rule("qcvn-pm25-24h", {
    type: "index",
    index: "air_exceedance",
    only: { averaging: "24h" },
    ...above(45),
  });
  day.rule.scope.domain = ["environment"];
  const shown = { domain: "environment", area: null, zone: null, sensor: null };
  const codes = (metric: string, stepS: number) =>
    limitsOf([legal, day], { ...shown, metric, stepS }).map((one) => one.code);
  expect(codes("no2", 3600)).toEqual(["qcvn-no2-1h"]);
  expect(codes("no2", 900)).toEqual([]);
  expect(codes("pm2_5", 3600)).toEqual([]);
  const aqi = rule("vn-aqi-150", { type: "index", index: "vn_aqi_hourly", ...above(150) });
  aqi.rule.scope.domain = ["environment"];
  expect(
    limitsOf([aqi, legal], { ...shown, index: "vn_aqi_hourly", stepS: 3600 }).map((x) => x.code),
  ).toEqual(["vn-aqi-150"]);
});

test("only thresholds next to the lines are drawn", () => {
  const mark = (value: number) => ({ value, label: "", severity: "info" as const });
  const lines = [{ name: "a", unit: "V", times: [0, 1], values: [220, null, 229] }];
  const drawn = nearest([110, 209, 225, 231, 260].map(mark), lines).map((one) => one.value);
  expect(drawn).toEqual([209, 225, 231]);
  expect([fewest(150, 2), fewest(0.85, 2), fewest(4.3, 2)]).toEqual([0, 2, 1]);
});

test("a domain that nobody has described has charts of its first metrics", () => {
  const metric = (name: string) => ({
    name,
    unit: "",
    kind: "gauge" as const,
    low: 0,
    high: 1,
    aggregate: "mean",
    vi: name,
    en: name,
  });
  const parking = { code: "parking", vi: "", en: "", interval_s: 60, metrics: ["free", "taken"].map(metric) };
  expect(chartsOf(parking).map((one) => one.metric)).toEqual(["free", "taken"]);
  const water = { ...parking, code: "water", metrics: ["pressure_bar", "level", "battery"].map(metric) };
  expect(chartsOf(water).map((one) => one.metric)).toEqual(["pressure_bar"]);
  expect(chartsOfSensor(water, ["level", "battery"]).map((one) => one.metric)).toEqual(["level"]);
  expect(chartsOfSensor(water, []).map((one) => one.metric)).toEqual(["pressure_bar"]);
});

test("today is compared with yesterday up to the same moment", () => {
  const fromS = midnight(1_795_000_000) - 86_400;
  expect((fromS + 7 * 3600) % 86_400).toBe(0);
  const hours = [...Array.from({ length: 24 }, () => 10), 20, 20, 5];
  // Half past two: two hours and a half of yesterday.
  const sums = compared({ hours, fromS }, fromS + 86_400 + 2.5 * 3600);
  expect(sums).toEqual({ today: 45, before: 25, day: 240 });
  expect(compared({ hours: [null], fromS }, fromS + 90_000)).toEqual({
    today: null,
    before: null,
    day: null,
  });
  expect(summed([null, 1, null, 2, null])).toEqual([null, 1, 1, 3, null]);
  const series = (value: (number | null)[]) => ({ series: [{ value }] }) as never;
  expect(added([series([1, null, null]), series([2, 3])])).toEqual([3, 3, null]);
});

test("lamps are judged by the timetable, and the timetable is a line with corners", () => {
  expect([
    obeyed(100, true),
    obeyed(60, true),
    obeyed(0, false),
    obeyed(30, false),
    obeyed(null, true),
  ]).toEqual([true, false, true, false, null]);
  const table = {
    due: true,
    next_change: "1970-01-02T06:00:00Z",
    items: [
      { day: "1970-01-01", off_at: "1970-01-01T06:00:00Z", on_at: "1970-01-01T18:00:00Z" },
      { day: "1970-01-02", off_at: "1970-01-02T06:00:00Z", on_at: "1970-01-02T18:00:00Z" },
    ],
  };
  const line = dueLine(table, 10 * 3600, 20 * 3600);
  expect(line.times).toEqual([36_000, 64_799, 64_800, 72_000]);
  expect(line.values).toEqual([0, 0, 100, 100]);
  expect(dueLine(table, 0, 3600).values).toEqual([100, 100]);
});

test("the official colours are written on in black or white, whichever is read", () => {
  const inks = ["#00e400", "#ffff00", "#ff7e00", "#ff0000", "#8f3f97", "#7e0023"].map(inkOn);
  expect(inks).toEqual(["dark", "dark", "dark", "dark", "light", "light"]);
});
