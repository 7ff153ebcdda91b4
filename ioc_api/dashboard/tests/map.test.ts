import { describe, expect, test } from "vitest";
import { LiveClient } from "../src/live/client";
import { follower } from "../src/live/follow";
import type { View } from "../src/live/protocol";
import { drawnOf } from "../src/map/features";
import { apart } from "../src/map/labels";
import { isDark, RAMP, scaleOf, step } from "../src/map/ramp";
import { partsOf } from "../src/map/rings";
import { type Cluster, type Sight, Sights, type Single } from "../src/map/sights";
import { layersOf } from "../src/map/streets";
import { FakeWorld, Heard } from "./world";

const none = { online: 0, late: 0, offline: 0, never_seen: 0, maintenance: 0 };
const cluster = (more: Partial<Cluster>): Cluster => ({
  ...none,
  key: "c/1/1/1",
  kind: "cluster",
  lon: 106,
  lat: 21,
  count: 10,
  value: null,
  min: null,
  max: null,
  severity: null,
  box: [106, 21, 106.1, 21.1],
  ...more,
});
const single = (more: Partial<Single>): Single => ({
  key: "s/T1",
  kind: "sensor",
  sensor: "T1",
  name: "T1",
  domain: "traffic",
  zone: null,
  status: "active",
  liveness: "online",
  lon: 106,
  lat: 21,
  value: null,
  unit: null,
  at: null,
  severity: null,
  ...more,
});

describe("colours of a metric", () => {
  test("grow lighter all the way, as far as eyes can tell, for those without red and green too", () => {
    const light = RAMP.map((colour) => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255);
      return 0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2;
    });
    for (let i = 1; i < light.length; i++) expect(light[i]).toBeGreaterThan((light[i - 1] ?? 0) * 1.2);
    // Letters on each step are legible: 4.5 to 1 at least.
    RAMP.forEach((_, i) => {
      const ground = light[i] ?? 0;
      const contrast = isDark(i) ? 1.05 / (ground + 0.05) : (ground + 0.05) / (0.0075 + 0.05);
      expect(contrast, RAMP[i]).toBeGreaterThan(4.5);
    });
  });

  test("ends are open, and a scale without width is its middle", () => {
    expect([-5, 0, 69.9, 70, 900].map((v) => step(v, [0, 70]))).toEqual([0, 0, 6, 6, 6]);
    expect(step(3, [3, 3])).toBe(3);
  });

  test("a known metric has always the same scale; another fits what is shown, at round numbers", () => {
    const metric = { low: 0, high: 1000 };
    expect(scaleOf("traffic/speed", metric, [1, 2])).toEqual([0, 70]);
    expect(scaleOf("x/y", metric, [12.3, 61])).toEqual([10, 70]);
    expect(scaleOf("x/y", metric, [])).toEqual([0, 1000]);
    // It stays while it is good.
    expect(scaleOf("x/y", metric, [20, 50], [10, 70])).toEqual([10, 70]);
    expect(scaleOf("x/y", metric, [20, 90], [10, 70])).not.toEqual([10, 70]);
    expect(scaleOf("x/y", metric, [20, 21], [10, 70])[1]).toBeLessThan(30);
  });
});

describe("what is drawn", () => {
  const plain = { scale: null, write: String, count: String };
  const coloured = { ...plain, scale: [0, 70] as const };

  test("a ring has a part for whoever is there at all, and is closed", () => {
    expect(partsOf({ ...none, online: 999, offline: 1 })).toEqual([1, 0, 0, 0, 11]);
    expect(partsOf({ ...none, online: 5 })).toEqual([0, 0, 0, 0, 12]);
    for (const n of [1, 3, 7, 100])
      expect(
        partsOf({ online: n, late: 1, offline: n, never_seen: 2, maintenance: 1 }).reduce((a, b) => a + b),
      ).toBe(12);
  });

  test("a cluster says how many, or how much", () => {
    const one = cluster({ count: 120, online: 120, value: 35, min: 1, max: 60 });
    expect(drawnOf(one, plain)).toMatchObject({ image: "ring/0/0/0/0/12", text: "120" });
    expect(drawnOf(one, coloured)).toMatchObject({ image: "step/3", text: "35" });
    expect(drawnOf({ ...one, value: null }, coloured).text).toBe("–");
    expect(drawnOf(one, plain).size).toBeGreaterThan(drawnOf(cluster({ count: 2 }), plain).size);
  });

  test("a sensor is coloured by its value, but a silent one by its silence", () => {
    expect(drawnOf(single({}), plain).image).toBe("online");
    expect(drawnOf(single({ status: "maintenance" }), plain).image).toBe("maintenance");
    expect(drawnOf(single({ value: 69 }), coloured).image).toBe("step/6");
    expect(drawnOf(single({ value: 69, liveness: "offline" }), coloured).image).toBe("offline");
    expect(drawnOf(single({}), coloured).image).toBe("online");
  });

  test("a name goes out of the way of marks, but not far", () => {
    const box = { x: 100, y: 100, wide: 80, high: 30 };
    expect(apart(box, [])).toBe(0);
    expect(apart(box, [{ x: 300, y: 100 }])).toBe(0);
    const down = apart(box, [{ x: 110, y: 95 }]);
    expect(Math.abs(95 - 100 - down)).toBeGreaterThanOrEqual(30);
    expect(
      apart(
        box,
        [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200].map((y) => ({ x: 100, y })),
      ),
    ).toBe(0);
  });

  test("streets of both schemas have their layers, and of none there are none", () => {
    expect(layersOf(new Set(["roads", "water", "buildings"])).map((l) => l.id)).toContain("street-large");
    expect(layersOf(new Set(["transportation", "water"])).map((l) => l.id)).toEqual([
      "street-water",
      "street-small",
      "street-large",
    ]);
    expect(layersOf(new Set(["other"]))).toEqual([]);
  });
});

describe("the part that is looked at", () => {
  const view = (west: number): View => ({
    west,
    south: 21,
    east: west + 1,
    north: 22,
    zoom: 10,
    metric: null,
  });
  let frame = (): void => {};

  function looking() {
    globalThis.document = { visibilityState: "visible" } as Document;
    globalThis.requestAnimationFrame = ((work: () => void) => {
      frame = work;
      return 0;
    }) as typeof requestAnimationFrame;
    const world = new FakeWorld();
    const client = new LiveClient(world, new Heard());
    const sights = new Sights(follower(client));
    client.start();
    world.socket.welcome();
    const arrive = (sub: number, items: Sight[]): void => {
      const { id } = world.socket.last("subscribe");
      world.socket.say({ id, type: "subscribed", sub, mode: "snapshot", epoch: "e", seq: 1 });
      world.socket.say({ sub, type: "snapshot", seq: 1, part: 1, parts: 1, items });
      frame();
    };
    return { world, sights, arrive };
  }

  test("a moved view is asked for anew; what was seen stays until the new is there, and is then let go", () => {
    const { world, sights, arrive } = looking();
    sights.look({ view: view(106), domain: "traffic" });
    expect(world.socket.last("subscribe")).toMatchObject({
      topic: "map",
      view: view(106),
      filter: { domain: ["traffic"] },
      max_hz: 1,
    });
    arrive(1, [single({})]);
    expect([...sights.items.value.keys()]).toEqual(["s/T1"]);
    sights.look({ view: view(107), domain: "" });
    expect([...sights.items.value.keys()]).toEqual(["s/T1"]);
    expect(world.socket.said.some((f) => f.type === "unsubscribe")).toBe(false);
    arrive(2, [cluster({ key: "c/1/2/3" })]);
    expect([...sights.items.value.keys()]).toEqual(["c/1/2/3"]);
    expect(world.socket.last("unsubscribe")).toMatchObject({ sub: 1 });
    // The same again asks nothing.
    const asked = world.socket.said.length;
    sights.look({ view: view(107), domain: "" });
    expect(world.socket.said.length).toBe(asked);
  });

  test("a view that was left before it came is never shown", () => {
    const { world, sights, arrive } = looking();
    sights.look({ view: view(106), domain: "" });
    const { id } = world.socket.last("subscribe");
    sights.look({ view: view(107), domain: "" });
    world.socket.say({ id, type: "subscribed", sub: 1, mode: "snapshot", epoch: "e", seq: 1 });
    expect(world.socket.last("unsubscribe")).toMatchObject({ sub: 1 });
    arrive(2, [cluster({ key: "c/new" })]);
    expect([...sights.items.value.keys()]).toEqual(["c/new"]);
  });
});
