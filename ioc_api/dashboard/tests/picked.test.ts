import "./setup";
import { describe, expect, it, vi } from "vitest";
import { LiveClient } from "../src/live/client";
import { follower } from "../src/live/follow";
import type { Single } from "../src/map/sights";
import { closes } from "../src/replay/PastSensor";
import { Picked } from "../src/replay/picked";
import { latest as living, selectedSensor } from "../src/store/selection";
import { type FakeSocket, FakeWorld, Heard } from "./world";

describe("a sensor that somebody points at on the map of the past", () => {
  const single = (sensor: string): Single =>
    ({ key: `s/${sensor}`, kind: "sensor", sensor, name: `Nút ${sensor}`, lon: 106.2, lat: 21.27 }) as Single;
  const asked = (socket: FakeSocket, type: string) => socket.said.filter((frame) => frame.type === type);
  /** The client of a socket that has been let in. */
  const client = () => {
    const world = new FakeWorld();
    const made = new LiveClient(world, new Heard());
    made.start();
    world.socket.welcome();
    return { follow: follower(made), socket: world.socket };
  };

  it("is asked for over that socket alone, until another one is or none", async () => {
    vi.stubGlobal("requestAnimationFrame", (work: () => void) => setTimeout(work, 0));
    const { follow, socket } = client();
    const picked = new Picked(follow);
    picked.pick(single("A"));
    picked.pick(single("A"));
    expect(asked(socket, "subscribe").map(({ topic, filter }) => [topic, filter])).toEqual([
      ["latest", { sensor: ["A"] }],
      ["sensors", { sensor: ["A"] }],
    ]);
    expect(picked.place.value).toMatchObject({ lon: 106.2, lat: 21.27 });
    expect(selectedSensor.value, "the living map points at nothing").toBeNull();
    asked(socket, "subscribe").forEach(({ id }, i) => {
      socket.say({ type: "subscribed", id, sub: i + 1, epoch: "e", mode: "snapshot" });
    });
    const snapshot = (sub: number, item: object) =>
      socket.say({ type: "snapshot", sub, seq: 1, part: 1, parts: 1, items: [item] });
    snapshot(1, { key: "A/speed/", value: 31, time: "2026-11-23T06:40:00Z", quality: "measuring" });
    snapshot(2, { key: "A", liveness: "late", last_seen: "2026-11-23T06:40:00Z" });
    const patient = { timeout: 20_000 };
    await expect.poll(() => picked.latest.value?.get("speed/")?.value, patient).toBe(31);
    await expect.poll(() => picked.sign.value?.liveness, patient).toBe("late");
    expect(living.value, "nothing of the past is told of the present").toBeNull();

    picked.pick(single("B"));
    expect([picked.latest.value, picked.sign.value], "nothing of the one before").toEqual([null, null]);
    expect(asked(socket, "unsubscribe").map(({ sub }) => sub)).toEqual([1, 2]);
    picked.pick(null);
    expect(picked.id.value).toBeNull();
    vi.unstubAllGlobals();
  }, 60_000);

  it("is said to be refused", () => {
    const { follow, socket } = client();
    const picked = new Picked(follow);
    picked.pick(single("A"));
    const [{ id } = { id: 0 }] = asked(socket, "subscribe");
    socket.say({ type: "error", id, code: "forbidden", message: "no", temporary: false });
    expect(picked.refused.value).toBe(true);
  });

  it("is left by Escape, but not by one that a field has for itself", () => {
    vi.stubGlobal(
      "HTMLElement",
      class {
        constructor(readonly inside: boolean) {}
        closest(): unknown {
          return this.inside ? {} : null;
        }
      },
    );
    const Element = HTMLElement as unknown as new (inside: boolean) => object;
    const event = (key: string, inside = false, defaultPrevented = false) =>
      ({ key, defaultPrevented, target: new Element(inside) }) as unknown as KeyboardEvent;
    expect(closes(event("Escape"))).toBe(true);
    expect(closes(event("x"))).toBe(false);
    expect(closes(event("Escape", true))).toBe(false);
    expect(closes(event("Escape", false, true))).toBe(false);
    vi.unstubAllGlobals();
  });
});
