import type { Map as GlMap } from "maplibre-gl";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { onset, restored } from "../src/map/onset";

/** As much of a map as is needed to wait for it. */
class FakeMap {
  private heard: [string, (event: object) => void, boolean][] = [];
  readonly styles: unknown[] = [];

  on(name: string, work: (event: object) => void, once = false): void {
    this.heard.push([name, work, once]);
  }

  once(name: string, work: (event: object) => void): void {
    this.on(name, work, true);
  }

  off(name: string, work: unknown): void {
    this.heard = this.heard.filter(([what, how]) => what !== name || how !== work);
  }

  setStyle(style: unknown): void {
    this.styles.push(style);
  }

  fire(name: string, event: object = {}): void {
    const now = this.heard.filter(([what]) => what === name);
    this.heard = this.heard.filter(([what, , once]) => what !== name || !once);
    for (const [, work] of now) work(event);
  }
}

let map: FakeMap;
let hidden: boolean;
let plain: boolean | null;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.stubGlobal("document", { documentElement: {} });
  vi.stubGlobal("getComputedStyle", () => ({ getPropertyValue: () => "#123456" }));
  map = new FakeMap();
  hidden = false;
  plain = null;
  onset(map as unknown as GlMap, () => hidden).then((needed) => {
    plain = needed;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("the ground of the map", () => {
  test("is the city's where it can be had, whatever fails later", async () => {
    map.fire("style.load");
    map.fire("error", { error: "a sign is missing" });
    map.fire("load");
    map.fire("error", { error: "a tile", sourceId: "tiles" });
    await settle(20_000);
    expect(plain).toBe(false);
    expect(map.styles).toEqual([]);
  });

  test.each([
    ["its description cannot be had", (): void => map.fire("error", { error: "not reached" })],
    [
      "what it consists of cannot be had",
      (): void => {
        map.fire("style.load");
        map.fire("error", { error: "not reached", sourceId: "tiles" });
      },
    ],
    ["it is not there in time", (): unknown => vi.advanceTimersByTime(8_000)],
  ])("is a plain one where %s", async (_, happen) => {
    happen();
    map.fire("error", { error: "once more" });
    await settle(20_000);
    expect(map.styles).toMatchObject([{ layers: [{ id: "ground" }] }]);
    expect(plain, "before it is there").toBeNull();
    map.fire("style.load");
    map.fire("load");
    await settle();
    expect(plain).toBe(true);
  });

  test("a hidden page draws nothing, which says nothing of the ground", async () => {
    hidden = true;
    await settle(60_000);
    expect(map.styles).toEqual([]);
    hidden = false;
    await settle(8_000);
    expect(map.styles).toHaveLength(1);
  });

  test("a drawing that was taken away is there again with its style", async () => {
    let back = false;
    restored(map as unknown as GlMap).then(() => {
      back = true;
    });
    map.fire("style.load");
    map.fire("webglcontextrestored");
    await settle();
    expect(back).toBe(false);
    map.fire("style.load");
    await settle();
    expect(back).toBe(true);
  });
});
