import { beforeEach, describe, expect, test } from "vitest";
import { LiveClient } from "../src/live/client";
import { Subscription } from "../src/live/subscription";
import { FakeWorld, Heard, Table } from "./world";

let world: FakeWorld;
let heard: Heard;
let client: LiveClient;
let table: Table;
let subscription: Subscription;

beforeEach(() => {
  world = new FakeWorld();
  heard = new Heard();
  client = new LiveClient(world, heard);
  table = new Table();
  subscription = new Subscription("aggregates", { metric: ["speed"] }, table, 2);
  client.add(subscription);
  client.start();
});

/** Bring the subscription to life at seq 10 with the rows a and b. */
function live(sub = 7): void {
  world.socket.welcome();
  const { id } = world.socket.last("subscribe");
  world.socket.say({ id, type: "subscribed", sub, mode: "snapshot", epoch: "e1", seq: 10 });
  world.socket.say({ sub, type: "snapshot", seq: 10, part: 1, parts: 2, items: [{ key: "a" }] });
  world.socket.say({ sub, type: "snapshot", seq: 10, part: 2, parts: 2, items: [{ key: "b" }] });
}

function delta(seq: number, prev: number, key: string, removed: string[] = [], sub = 7): void {
  world.socket.say({ sub, type: "delta", seq, prev, at: "2026-11-23T00:00:01Z", items: [{ key }], removed });
}

describe("signing in", () => {
  test("the first frame is auth without a token; subscriptions wait for the welcome", () => {
    world.socket.onopen?.();
    expect(world.socket.said).toEqual([{ id: 1, type: "auth" }]);
    world.socket.welcome();
    expect(world.socket.last("subscribe")).toMatchObject({ topic: "aggregates", max_hz: 2 });
    expect(world.socket.last("subscribe")).not.toHaveProperty("since");
    expect(heard.phase).toBe("live");
  });

  test("a server that never says welcome is given up", () => {
    world.socket.onopen?.();
    world.pass(10_000);
    expect(world.sockets[0]?.closed).toBe(4012);
    expect(heard.phase).toBe("waiting");
  });
});

describe("the chain", () => {
  test("a snapshot is shown when its last part is there, never in parts", () => {
    world.socket.welcome();
    const { id } = world.socket.last("subscribe");
    world.socket.say({ id, type: "subscribed", sub: 7, mode: "snapshot", epoch: "e1", seq: 10 });
    world.socket.say({ sub: 7, type: "snapshot", seq: 10, part: 1, parts: 2, items: [{ key: "a" }] });
    expect(table.replaced).toBe(0);
    world.socket.say({ sub: 7, type: "snapshot", seq: 10, part: 2, parts: 2, items: [{ key: "b" }] });
    expect(table.keys).toEqual(["a", "b"]);
  });

  test("deltas are applied while each names the one before it", () => {
    live();
    delta(12, 10, "c");
    delta(13, 12, "d", ["a"]);
    expect(table.keys).toEqual(["b", "c", "d"]);
    expect(world.socket.count("subscribe")).toBe(1);
  });

  test("a missing delta is never papered over: leave, and ask for a whole snapshot", () => {
    live();
    delta(14, 13, "z");
    expect(table.keys).toEqual(["a", "b"]);
    expect(world.socket.last("unsubscribe")).toMatchObject({ sub: 7 });
    expect(world.socket.count("subscribe")).toBe(2);
    expect(world.socket.last("subscribe")).not.toHaveProperty("since");
    delta(15, 14, "late frame of the old number");
    expect(table.keys).toEqual(["a", "b"]);
  });

  test("a snapshot with a part missing is asked for again", () => {
    world.socket.welcome();
    const { id } = world.socket.last("subscribe");
    world.socket.say({ id, type: "subscribed", sub: 7, mode: "snapshot", epoch: "e1", seq: 10 });
    world.socket.say({ sub: 7, type: "snapshot", seq: 10, part: 2, parts: 2, items: [] });
    expect(table.replaced).toBe(0);
    expect(world.socket.count("subscribe")).toBe(2);
  });

  test("after a reset the server's snapshot follows under the same number", () => {
    live();
    world.socket.say({ sub: 7, type: "reset", reason: "the registry has changed" });
    expect(table.keys).toEqual(["a", "b"]);
    world.socket.say({ sub: 7, type: "snapshot", seq: 20, part: 1, parts: 1, items: [{ key: "n" }] });
    delta(21, 20, "o");
    expect(table.keys).toEqual(["n", "o"]);
    expect(world.socket.count("subscribe")).toBe(1);
  });
});

describe("coming back", () => {
  test("resumes where it stopped, without a snapshot", () => {
    live();
    delta(12, 10, "c");
    world.socket.onclose?.({ code: 1006 });
    world.pass(500);
    world.socket.welcome();
    expect(world.socket.last("subscribe")).toMatchObject({ since: { epoch: "e1", seq: 12 } });
    const { id } = world.socket.last("subscribe");
    world.socket.say({ id, type: "subscribed", sub: 1, mode: "resumed", epoch: "e1", seq: 12 });
    delta(15, 12, "d", [], 1);
    expect(table.keys).toEqual(["a", "b", "c", "d"]);
    expect(table.replaced).toBe(1);
  });

  test("another epoch: what was shown stays until the new snapshot is whole", () => {
    live();
    world.socket.onclose?.({ code: 4001 });
    world.pass(500);
    world.socket.welcome();
    const { id } = world.socket.last("subscribe");
    world.socket.say({ id, type: "subscribed", sub: 1, mode: "snapshot", epoch: "e2", seq: 3 });
    world.socket.say({ sub: 1, type: "reset", reason: "epoch" });
    expect(table.keys).toEqual(["a", "b"]);
    world.socket.say({ sub: 1, type: "snapshot", seq: 3, part: 1, parts: 1, items: [{ key: "x" }] });
    delta(4, 3, "y", [], 1);
    expect(table.keys).toEqual(["x", "y"]);
  });

  test("waits longer each time, and says since when it is cut off", () => {
    live();
    world.pass(6_000);
    const lostAt = world.time;
    world.socket.onclose?.({ code: 1006 });
    for (const wait of [500, 1000, 2000, 4000, 8000, 15000, 15000]) {
      const opened = world.sockets.length;
      expect(heard.states.at(-1)).toMatchObject({ phase: "waiting", lostAt });
      world.pass(wait - 1);
      expect(world.sockets.length).toBe(opened);
      world.pass(1);
      expect(world.sockets.length).toBe(opened + 1);
      world.socket.onclose?.({ code: 1006 });
    }
  });

  test("a connection that is accepted and dropped at once does not start from the shortest wait again", () => {
    for (let i = 0; i < 4; i++) {
      world.socket.welcome();
      world.socket.onclose?.({ code: 4001 });
      world.pass(500 * 2 ** i);
    }
    expect(world.sockets.length).toBe(5);
    expect(heard.states.findLast((s) => s.phase === "waiting")).toMatchObject({ attempt: 4 });
  });

  test("after 4013 it is slower than an ordinary first attempt", () => {
    live();
    world.socket.onclose?.({ code: 4013 });
    world.pass(4_999);
    expect(world.sockets.length).toBe(1);
    world.pass(1);
    expect(world.sockets.length).toBe(2);
  });

  test.each([4400, 4401, 4403, 4408, 4409, 4429])("stays away after %i until a person asks", (code) => {
    live();
    world.socket.onclose?.({ code });
    expect(heard.states.at(-1)).toMatchObject({ phase: "stopped", code });
    world.pass(3_600_000);
    expect(world.sockets.length).toBe(1);
    client.hurry();
    expect(world.sockets.length).toBe(2);
  });

  test("pings are answered; silence for two of them ends the connection", () => {
    live();
    world.socket.say({ type: "ping", t: 42 });
    expect(world.socket.last("pong")).toEqual({ type: "pong", t: 42 });
    const heardAt = world.time;
    world.pass(54_999);
    expect(heard.phase).toBe("live");
    world.pass(1);
    expect(heard.phase).toBe("waiting");
    expect(heard.states.at(-1), "since it was silent, not since that was noticed").toMatchObject({
      lostAt: heardAt,
    });
  });
});

test("who stopped it on purpose was cut off from then on", () => {
  live();
  world.pass(1_000);
  client.stop();
  const stopped = world.time;
  world.pass(3_600_000);
  client.start();
  expect(heard.states.at(-1)).toEqual({ phase: "connecting", lostAt: stopped, attempt: 0 });
});

describe("refusals", () => {
  test("a temporary one is asked again, a final one is reported", () => {
    world.socket.welcome();
    const first = world.socket.last("subscribe").id;
    world.socket.say({ id: first, type: "error", code: "not_ready", message: "…", temporary: true });
    world.pass(2_000);
    expect(world.socket.count("subscribe")).toBe(2);
    const second = world.socket.last("subscribe").id;
    world.socket.say({ id: second, type: "error", code: "bad_filter", message: "…", temporary: false });
    world.pass(60_000);
    expect(heard.refusals).toEqual(["bad_filter"]);
  });

  test("a subscription that was removed before its answer is ended on the server too", () => {
    world.socket.welcome();
    const { id } = world.socket.last("subscribe");
    client.remove(subscription);
    world.socket.say({ id, type: "subscribed", sub: 9, mode: "snapshot", epoch: "e1", seq: 1 });
    expect(world.socket.last("unsubscribe")).toMatchObject({ sub: 9 });
  });

  test("frames that are none are passed over", () => {
    live();
    world.socket.onmessage?.({ data: "not json" });
    world.socket.onmessage?.({ data: "7" });
    world.socket.say({ type: "something new" });
    delta(11, 10, "c");
    expect(table.keys).toEqual(["a", "b", "c"]);
  });
});
