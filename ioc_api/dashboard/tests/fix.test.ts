import "./setup";
import { describe, expect, it } from "vitest";
import type { Minute } from "../src/api/quality";
import type { Leaf } from "../src/api/quarantine";
import type { Metric } from "../src/api/types";
import { bytesOf, rowsOf, textOf } from "../src/quality/bytes";
import { fixOf, guess, linesOf, numberIn, PLAIN, Unclear } from "../src/quality/fix";
import { columnsOf } from "../src/quality/strip";

const { detailSaid, formSaid } = await import("../src/quality/said");
const { language } = await import("../src/store/prefs");

const metric = (name: string): Metric => ({
  name,
  unit: "",
  kind: "gauge",
  low: 0,
  high: 1,
  aggregate: "mean",
  vi: name,
  en: name,
});
const METRICS = ["temperature", "humidity", "pm2_5"].map(metric);
const leaf = (path: string, kind = "number", value = "1"): Leaf => ({ path, kind, value });

describe("a fix as it is typed", () => {
  it("is nothing where nothing is said", () => expect(fixOf(PLAIN)).toBeNull());

  it("takes the values that have a metric, with commas", () => {
    const values = linesOf([leaf("ts"), leaf("BME280.Temperature"), leaf("hum"), leaf("PM2.5")], METRICS);
    expect(values["BME280.Temperature"]?.metric).toBe("temperature");
    expect(Object.keys(values)).toEqual(["BME280.Temperature", "hum", "PM2.5"]);
    values.hum = { metric: "humidity", factor: "0,1", add: "-2" };
    expect(fixOf({ ...PLAIN, values })).toEqual({
      values: [
        { from: "BME280.Temperature", metric: "temperature" },
        { from: "hum", metric: "humidity", factor: 0.1, add: -2 },
      ],
    });
  });

  it("names the field that is not right", () => {
    const values = { a: { metric: "humidity", factor: "x", add: "0" } };
    expect(() => fixOf({ ...PLAIN, values })).toThrow(new Unclear("factor"));
    expect(() => fixOf({ ...PLAIN, values: {} })).toThrow(new Unclear("values"));
    expect(() => fixOf({ ...PLAIN, whose: "id" })).toThrow(new Unclear("sensor"));
    expect(() => fixOf({ ...PLAIN, whose: "level", level: "" })).toThrow(new Unclear("level"));
  });

  it("says times and sensors", () => {
    expect(fixOf({ ...PLAIN, time: "iso", timeFrom: "Time", shift: "-7" })).toEqual({
      time: { from: "Time", form: "iso", offset_min: 420, shift_s: -25200 },
    });
    expect(fixOf({ ...PLAIN, time: "s" })).toEqual({ time: { from: "ts", form: "s" } });
    expect(fixOf({ ...PLAIN, time: "receipt", whose: "level", level: "5" })).toEqual({
      time: { receipt: true },
      sensor: { level: 5 },
    });
  });
});

describe("a first guess", () => {
  it("maps names that are known and finds the time", () => {
    const draft = guess(
      "unknown_metric",
      [leaf("Time", "time without offset", "'x'"), leaf("T.Humidity", "number in text")],
      METRICS,
    );
    expect([draft.time, draft.timeFrom, draft.numbers]).toEqual(["iso", "Time", true]);
    expect(draft.values).toEqual({ "T.Humidity": { metric: "humidity", factor: "1", add: "0" } });
  });
  it("knows seconds by their size, and clocks that run by local time", () => {
    expect(guess("too_old", [leaf("ts", "number", "1572784468")], METRICS).time).toBe("s");
    expect(guess("too_old", [leaf("ts", "number", "1572784468000")], METRICS).time).toBe("keep");
    expect(guess("future", [leaf("ts", "time", "'x'")], METRICS).shift).toBe("-7");
    expect(guess("bad_value", [leaf("a", "number in text")], METRICS).numbers).toBe(true);
    expect(guess("bad_value", [leaf("a", "text")], METRICS)).toEqual(PLAIN);
  });
});

it("numbers have a comma or a point", () => {
  expect(["1,5", " 2.5 ", "", "x", "1e3"].map(numberIn)).toEqual([1.5, 2.5, null, null, 1000]);
});

it("bytes are shown whole", () => {
  const bytes = bytesOf(btoa('{"a": 1}\u0000\u00ffABCDEFGHI'));
  const rows = rowsOf(bytes, 1000);
  expect(rows.map((r) => r.at)).toEqual(["0000", "0010"]);
  expect(rows[0]?.hex).toBe("7b 22 61 22 3a 20 31 7d  00 ff 41 42 43 44 45 46");
  expect(rows.map((r) => r.text)).toEqual(['{"a": 1}··ABCDEF', "GHI"]);
  expect(rowsOf(bytes, 4)).toHaveLength(1);
  expect(textOf(new TextEncoder().encode('{"a":1}'))).toBe('{\n  "a": 1\n}');
});

describe("the collector's words", () => {
  it("are said in the language in force", () => {
    language.value = "vi";
    expect(formSaid("{ts: number, values: {a: number in text, time: time}}")).toBe(
      "{ts: số, values: {a: số dạng chữ, time: thời điểm}}",
    );
    expect(formSaid("too large")).toBe("quá lớn");
    expect(detailSaid("speed 200 km/h is not in 0 to 150; 'x' is no metric of traffic")).toBe(
      "speed 200 km/h nằm ngoài khoảng 0 đến 150; 'x' không phải đại lượng của traffic",
    );
    expect(detailSaid("something new")).toBe("something new");
  });
});

describe("the strip of a day", () => {
  const minute = (at: string, stored: number, adds_up = true): Minute => ({
    minute: at, messages: 1, decoded: stored, stored, duplicate: 0, quarantined: 0, replayed: 0, limited: 0, adds_up,
  }); // biome-ignore format: one row
  it("adds minutes up, and says where there is nothing and what is wrong", () => {
    const from = Date.parse("2026-11-23T00:00:00Z");
    const found = columnsOf(
      [minute("2026-11-23T00:00:00Z", 5), minute("2026-11-23T00:09:00Z", 7, false), minute("2026-11-22T23:59:00Z", 9)],
      from, from + 1_800_000, 3,
    ); // biome-ignore format: one row
    expect(found.map((c) => [c.sums?.stored ?? null, c.wrong])).toEqual([
      [12, 1],
      [null, 0],
      [null, 0],
    ]);
  });
});
