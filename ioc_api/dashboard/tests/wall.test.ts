import "./setup";
import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { AGAIN_MS, reloadSoon } from "../src/wall/again";
import { EVERY_MS, notePainted, STILL_MS, tellDrawn } from "../src/wall/drawn";
import { Guard } from "../src/wall/Guard";
import { sheetOf } from "../src/wall/ground";
import { type Facts, isNight, layoutOf, settingsOf, staleOf, turnOf } from "../src/wall/plan";
import { NOTHING, type Seen, sightsSink } from "../src/wall/sights";
import { WallWaits } from "../src/wall/WallWaits";

const HOUR_MS = 3_600_000;
/** 00:00 of a city day. */
const MIDNIGHT = Date.UTC(2026, 10, 22, 17);

describe("what the address asks for", () => {
  it("is everything where nothing is asked for", () => {
    expect(settingsOf("")).toEqual({
      layout: null,
      scenes: ["city", "map", "alerts", "figures"],
      every: 20,
      night: [22, 5],
      language: null,
      theme: null,
    });
  });
  it("is read, and what is no sense is left out", () => {
    const asked = settingsOf(
      "?layout=grid&scenes=map,nonsense,city&every=7.5&night=20-6&lang=en&theme=light",
    );
    expect(asked).toMatchObject({ layout: "grid", scenes: ["city", "map"], every: 7.5, night: [20, 6] });
    expect([asked.language, asked.theme]).toEqual(["en", "light"]);
    expect(settingsOf("?layout=round&every=0&night=off&scenes=x&lang=fr")).toMatchObject({
      layout: null,
      every: 20,
      night: null,
      language: null,
    });
    expect(settingsOf("?scenes=x").scenes).toHaveLength(4);
  });
});

describe("the shape of a wall", () => {
  it.each([
    [1920, 1080, "single"],
    [1280, 1024, "single"],
    [2560, 1080, "wide"],
    [3840, 1080, "grid"],
    [7680, 2160, "grid"],
  ])("%i × %i is %s", (wide, high, layout) => {
    expect(layoutOf(wide, high)).toBe(layout);
  });
});

it("walls of one kind turn together, whenever they were switched on", () => {
  const turns = [0, 19_999, 20_000, 40_000, 60_000].map((ms) => turnOf(ms, 20, 3));
  expect(turns).toEqual([0, 0, 1, 2, 0]);
  expect(turnOf(1, 20, 0)).toBe(0);
});

it("the night is the city's, over midnight or not", () => {
  const hours = (night: [number, number]): number[] =>
    Array.from({ length: 24 }, (_, h) => h).filter((h) => isNight(MIDNIGHT + h * HOUR_MS, night));
  expect(hours([22, 5])).toEqual([0, 1, 2, 3, 4, 22, 23]);
  expect(hours([1, 3])).toEqual([1, 2]);
  expect(isNight(MIDNIGHT, null)).toBe(false);
});

describe("what is old", () => {
  const facts = (more: Partial<Facts>): Facts => ({
    phase: "live",
    lostAt: null,
    source: "ok",
    lagS: 0,
    ...more,
  });
  it("is nothing while all goes well, at the first connection, and for a moment", () => {
    expect(staleOf(facts({}), 0)).toBeNull();
    expect(staleOf(facts({ phase: "connecting" }), 0)).toBeNull();
    expect(staleOf(facts({ phase: "waiting", lostAt: 1000 }), 2000)).toBeNull();
  });
  it("is said with its time", () => {
    expect(staleOf(facts({ phase: "waiting", lostAt: 1000 }), 5000)).toEqual({
      tone: "off",
      why: "lost",
      since: 1000,
    });
    expect(staleOf(facts({ phase: "stopped", lostAt: 1000 }), 1001)?.why).toBe("lost");
    expect(staleOf(facts({ source: "stopped" }), 0)?.tone).toBe("off");
    expect(staleOf(facts({ source: "degraded", lagS: 12 }), 0)).toEqual({
      tone: "late",
      why: "slow",
      lagS: 12,
    });
  });
});

describe("what has been drawn", () => {
  let time = 0;
  const now = (): number => time;
  beforeEach(() => {
    time = 0;
    notePainted({ now });
  });
  class Screen {
    frames: (() => void)[] = [];
    timers: (() => void)[] = [];
    said: [number, number][] = [];
    places: [number, number][] = [[7, 43]];
    readonly stop = tellDrawn(
      { places: () => [...this.places], drawn: (sub, seq) => this.said.push([sub, seq]) },
      {
        now,
        frame: (work) => this.frames.push(work),
        after: (ms, work) => {
          expect(ms).toBe(EVERY_MS);
          this.timers.push(work);
          return () => this.timers.splice(0);
        },
      },
    );
    paint(): void {
      for (const work of this.frames.splice(0)) work();
    }
  }

  it("is told two pictures after it was taken in, and again and again", () => {
    const screen = new Screen();
    screen.places = [[7, 44]];
    screen.paint();
    expect(screen.said).toEqual([]);
    screen.paint();
    expect(screen.said).toEqual([[7, 43]]);
    screen.timers.shift()?.();
    screen.paint();
    screen.paint();
    expect(screen.said).toEqual([
      [7, 43],
      [7, 44],
    ]);
  });
  it("is not told while the wall itself stands still, and is again when it moves", () => {
    const screen = new Screen();
    const round = (): void => {
      screen.paint();
      screen.paint();
      screen.timers.shift()?.();
    };
    time = STILL_MS;
    round();
    expect(screen.said).toHaveLength(1);
    screen.places = [[7, 99]];
    time = STILL_MS + 1;
    round();
    round();
    expect(screen.said).toEqual([[7, 43]]);
    notePainted({ now });
    round();
    expect(screen.said).toEqual([
      [7, 43],
      [7, 99],
    ]);
  });
  it("is not told where nothing is drawn, or not any more", () => {
    const screen = new Screen();
    expect(screen.timers).toHaveLength(0);
    screen.stop();
    screen.paint();
    screen.paint();
    expect(screen.said).toEqual([]);
    expect(screen.frames).toHaveLength(0);
  });
});

describe("a wall on which a script fails", () => {
  it("says so in words", () => {
    const guard = new Guard({ children: "the city" });
    expect(guard.render()).toBe("the city");
    guard.state = Guard.getDerivedStateFromError();
    expect(guard.render()).toMatchObject({ type: WallWaits, props: { phase: "failed" } });
  });
  it("begins anew after ten seconds, as soon as the server is there", async () => {
    const timers: (() => void)[] = [];
    const answers = [false, true];
    let loads = 0;
    reloadSoon({
      after: (ms, work) => {
        expect(ms).toBe(AGAIN_MS);
        timers.push(work);
      },
      there: async () => answers.shift() ?? false,
      reload: () => {
        loads += 1;
      },
    });
    expect([timers.length, loads]).toEqual([1, 0]);
    await timers.shift()?.();
    expect([timers.length, loads]).toEqual([1, 0]);
    await timers.shift()?.();
    expect([timers.length, loads]).toEqual([0, 1]);
  });
});

it("a map knows what was told, what is gone, and that nothing will be told", () => {
  const seen = signal<Seen>(NOTHING);
  const sink = sightsSink(seen);
  const dot = (key: string) => ({ key, kind: "sensor", lon: 106, lat: 21 });
  sink.replace([dot("a"), dot("b")]);
  sink.apply([dot("c")], ["a"]);
  expect([seen.value.state, ...seen.value.items.keys()]).toEqual(["there", "b", "c"]);
  sink.refused?.("forbidden", "");
  expect([seen.value.state, seen.value.items.size]).toEqual(["refused", 0]);
  expect(NOTHING.items.size).toBe(0);
});

it("a sheet holds all zones, north above", () => {
  const zone = (code: string, lon: number, lat: number) => ({
    code,
    vi: code,
    en: code,
    area: "a",
    lat,
    lon,
    area_km2: 1,
    valid_from: null,
    valid_to: null,
    bbox: [lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02] as [number, number, number, number],
  }); // prettier-ignore
  const sheet = sheetOf([zone("south", 106.1, 21.2), zone("north", 106.2, 21.3)], new Map());
  expect(sheet).not.toBeNull();
  if (!sheet) return;
  const [south, north] = sheet.zones;
  expect(north?.y).toBeLessThan(south?.y ?? 0);
  for (const { path } of sheet.zones)
    for (const [, x, y] of path.matchAll(/([\d.-]+) ([\d.-]+)/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(sheet.wide);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(sheet.high);
    }
  expect(sheetOf([], new Map())).toBeNull();
  const ring = Array.from({ length: 300_000 }, (_, i) => [106.1 + (i % 100) / 1e4, 21.2 + (i % 7) / 1e4]);
  const exact = { type: "Polygon" as const, coordinates: [ring] };
  expect(sheetOf([zone("south", 106.1, 21.2)], new Map([["south", exact]]))?.box.north).toBeCloseTo(21.2006);
});
