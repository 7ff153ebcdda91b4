import { describe, expect, test } from "vitest";
import type { Zone } from "../src/api/types";
import { lampColour, legendOf, shadesOf } from "../src/map/shading";
import { CountTable } from "../src/store/counts";
import { IndexTable } from "../src/store/indices";

const none = { online: 0, late: 0, offline: 0, never_seen: 0, maintenance: 0 };
const zone = (code: string): Zone => ({ code, area: "bac_giang", vi: code, en: code }) as Zone;

describe("shades of zones", () => {
  const table = new IndexTable();
  const item = (key: string, more: object) => ({ key, sensor_id: null, reason: null, ...more }) as never;
  table.sink.replace([
    item("a", {
      index: "vn_aqi_hourly",
      zone: "1",
      value: 61,
      colour: "#ffff00",
      vi: "Trung bình",
      en: "Moderate",
    }),
    item("b", { index: "vn_aqi_hourly", zone: "2", value: null, colour: null, vi: "", en: "" }),
    item("c", { index: "vn_aqi_hourly", zone: "3", value: 20, colour: "#00e400", vi: "Tốt", en: "Good" }),
    item("d", { index: "vn_aqi_hourly", zone: "3", sensor_id: "E1", value: 400, colour: "#7e0023" }),
    item("e", { index: "lamps_on", zone: "1", value: 96.9, colour: null, vi: "đèn bật", en: "lamps on" }),
    item("f", {
      index: "tti",
      zone: "1",
      value: 1.4,
      level: "C",
      colour: "#d9ef8b",
      vi: "ổn định",
      en: "stable",
    }),
  ]);
  const zones = ["1", "2", "3", "4"].map(zone);
  const write = (value: number, digits: number): string => value.toFixed(digits);

  test("VN_AQI and levels of service have the API's colours and no others", () => {
    const shades = shadesOf("vn_aqi_hourly", zones, table, write);
    expect([...shades.values()]).toEqual([
      { colour: "#ffff00", text: "61" },
      { colour: null, text: "–" },
      { colour: "#00e400", text: "20" },
      { colour: null, text: "–" },
    ]);
    expect(shadesOf("tti", zones, table, write).get("1")).toEqual({ colour: "#d9ef8b", text: "C" });
    expect(shadesOf("none", zones, table, write).size).toBe(0);
  });

  test("the legend says what is there, from the lowest on, and how much is not known", () => {
    expect(legendOf("vn_aqi_hourly", zones, table).map((s) => [s.colour, s.name?.vi, s.count])).toEqual([
      ["#00e400", "Tốt", 1],
      ["#ffff00", "Trung bình", 1],
      [null, undefined, 2],
    ]);
    const lamps = legendOf("lamps_on", zones, table);
    expect(lamps.map((s) => s.count)).toEqual([0, 0, 0, 0, 1, 3]);
    expect(lampColour(100)).toBe(lamps[4]?.colour);
  });

  test("what the server takes back is gone", () => {
    table.sink.apply([], ["f"]);
    expect(table.of("tti", "1")).toBeNull();
    expect(table.of("vn_aqi_hourly", "1")?.value).toBe(61);
  });
});

describe("counts", () => {
  const row = (key: string, zone: string | null, online: number, maintenance = 0) =>
    ({
      key,
      area: "bac_giang",
      zone,
      domain: key.split("/")[1],
      ...none,
      online,
      maintenance,
      sensors: online + maintenance,
    }) as never;

  test("the city is the sum of its areas, which count sensors without a zone too", () => {
    const table = new CountTable();
    expect(table.domains.value).toBeNull();
    table.sink.replace([
      row("07210/traffic", "07210", 3),
      row("bac_giang/traffic", null, 5, 1),
      row("bac_giang/water", null, 0),
    ]);
    expect(table.of()).toMatchObject({ sensors: 6, online: 5, maintenance: 1 });
    expect(table.of({ zone: "07210" })).toMatchObject({ sensors: 3 });
    expect(table.of({ area: "bac_giang", domain: "traffic" })).toMatchObject({ sensors: 6 });
    expect(table.of({ zone: "none" }).sensors).toBe(0);
    expect([...(table.domains.value ?? [])]).toEqual(["traffic"]);
    table.sink.apply([row("07210/traffic", "07210", 2)], ["bac_giang/water"]);
    expect(table.of({ zone: "07210", domain: "traffic" }).online).toBe(2);
  });
});
