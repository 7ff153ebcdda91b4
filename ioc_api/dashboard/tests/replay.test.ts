import { describe, expect, it } from "vitest";
import type { Alert } from "../src/api/alerts";
import type { Socket, World } from "../src/live/world";
import { binned } from "../src/replay/bins";
import { Machine } from "../src/replay/machine";
import {
  around,
  lastHour,
  lastNight,
  presetOf,
  queryOf,
  ticksOf,
  wantedIn,
  yesterday,
} from "../src/replay/spans";

const at = (text: string): number => Date.parse(text);
/** 23/11/2026 14:05:30 in the city */
const NOW = at("2026-11-23T07:05:30Z");

describe("which part of the past", () => {
  it("knows the hour, the night and the day that are over", () => {
    expect(lastHour(NOW)).toEqual({ from: at("2026-11-23T06:05:00Z"), to: at("2026-11-23T07:05:00Z") });
    expect(lastNight(NOW)).toEqual({ from: at("2026-11-22T11:00:00Z"), to: at("2026-11-22T23:00:00Z") });
    expect(yesterday(NOW)).toEqual({ from: at("2026-11-21T17:00:00Z"), to: at("2026-11-22T17:00:00Z") });
  });

  it("shows a night that goes on as far as it has got", () => {
    const evening = at("2026-11-23T13:30:00Z");
    expect(lastNight(evening)).toEqual({ from: at("2026-11-23T11:00:00Z"), to: evening });
    // In its first hour there is more to see of the one before.
    expect(lastNight(at("2026-11-23T11:30:00Z")).from).toBe(at("2026-11-22T11:00:00Z"));
  });

  it("goes into an address and comes back", () => {
    const wanted = { ...lastNight(NOW), at: at("2026-11-22T15:00:07Z"), speed: 300 };
    expect(wantedIn(new URLSearchParams(queryOf(wanted)), NOW)).toEqual(wanted);
    expect(presetOf(wanted, NOW)).toBe("night");
    expect(presetOf({ from: wanted.from + 3_600_000, to: wanted.to }, NOW)).toBeNull();
  });

  it("takes no address that names nothing to be seen", () => {
    const wrong = [
      "",
      "from=2026-11-22T11:00:00Z",
      "from=soon&to=late",
      "from=2026-11-22T12:00:00Z&to=2026-11-22T11:00:00Z",
      "from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z",
      "from=2026-01-01T00:00:00Z&to=2026-11-01T00:00:00Z",
    ];
    for (const query of wrong) expect(wantedIn(new URLSearchParams(query), NOW), query).toBeNull();
    const odd = wantedIn(
      new URLSearchParams("from=2026-11-23T06:00:00Z&to=2026-11-24T06:00:00Z&speed=7&at=x"),
      NOW,
    );
    expect(odd).toEqual({
      from: at("2026-11-23T06:00:00Z"),
      to: NOW,
      at: at("2026-11-23T06:00:00Z"),
      speed: 60,
    });
  });

  it("finds the time around an alert", () => {
    const found = around("2026-11-23T05:00:00Z", "2026-11-23T05:20:00Z", NOW);
    expect(found.from).toBe(at("2026-11-23T04:30:00Z"));
    expect(found.to).toBe(at("2026-11-23T05:50:00Z"));
    expect(found.at).toBe(at("2026-11-23T04:59:00Z"));
    expect(around("2026-11-23T07:00:00Z", null, NOW).to).toBe(NOW);
  });

  it("marks whole hours of the city", () => {
    const ticks = ticksOf(lastNight(NOW), 12);
    expect(ticks).toHaveLength(13 - 1 + 1);
    expect(ticks[0]).toBe(at("2026-11-22T11:00:00Z"));
    expect(
      ticksOf({ from: NOW - 7 * 86_400_000, to: NOW }, 12).every(
        (tick) => (tick + 7 * 3_600_000) % 86_400_000 === 0,
      ),
    ).toBe(true);
  });
});

describe("alerts on the bar", () => {
  it("puts near ones together under the gravest", () => {
    const alert = (minutes: number, severity: string): Alert =>
      ({ started_at: new Date(NOW - 3_600_000 + minutes * 60_000).toISOString(), severity }) as Alert;
    const span = { from: NOW - 3_600_000, to: NOW };
    const bins = binned(span, [
      alert(30, "warning"),
      alert(30.2, "critical"),
      alert(50, "info"),
      alert(-5, "critical"),
    ]);
    expect(bins.map(({ severity, count }) => [severity, count])).toEqual([
      ["critical", 2],
      ["info", 1],
    ]);
  });
});

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly said: Record<string, unknown>[] = [];
  send(text: string): void {
    this.said.push(JSON.parse(text));
  }
  close(): void {}
  hear(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  let(): void {
    this.onopen?.();
    this.hear({ type: "welcome", id: 1, epoch: "e", server_time: "", ping_s: 25 });
  }
}

function machine() {
  const sockets: FakeSocket[] = [];
  const timers: { work: () => void; ms: number }[] = [];
  let clock = 1_000_000;
  const world: World = {
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    now: () => clock,
    random: () => 0.5,
    after: (ms, work) => {
      const timer = { work, ms };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  };
  const wanted = { from: NOW - 3_600_000, to: NOW, at: NOW - 1_800_000, speed: 60 };
  const made = new Machine(world, () => null, wanted);
  made.start();
  const told = (more: Record<string, unknown>): Record<string, unknown> => ({
    type: "time",
    at: new Date(wanted.at).toISOString(),
    from: new Date(wanted.from).toISOString(),
    to: new Date(wanted.to).toISOString(),
    speed: 60,
    reached: null,
    playing: true,
    loading: false,
    ended: false,
    source: "readings",
    trouble: null,
    ...more,
  });
  const seeks = () => timers.filter(({ ms }) => ms <= 250);
  return {
    made,
    sockets,
    told,
    wanted,
    pass: (ms: number) => {
      clock += ms;
      for (const timer of seeks()) {
        timers.splice(timers.indexOf(timer), 1);
        timer.work();
      }
    },
  };
}

describe("the machine", () => {
  it("asks for what is wanted before anything is subscribed", () => {
    const { made, sockets } = machine();
    made.follow("latest", {}, { replace: () => {}, apply: () => {} });
    sockets[0]?.let();
    const said = sockets[0]?.said.map((frame) => frame.type);
    expect(said).toEqual(["auth", "play", "subscribe"]);
    expect(sockets[0]?.said[1]).toMatchObject({ speed: 60, paused: false });
  });

  it("scrubs with the last wish alone, and shows it at once", () => {
    const { made, sockets, told, wanted, pass } = machine();
    sockets[0]?.let();
    sockets[0]?.hear(told({}));
    for (let i = 0; i < 50; i++) made.seek(wanted.from + i * 1000);
    expect(made.aim.value).toBe(wanted.from + 49_000);
    pass(300);
    const seeks = sockets[0]?.said.filter((frame) => frame.type === "seek") ?? [];
    expect(seeks).toHaveLength(1);
    expect(seeks[0]?.at).toBe(new Date(wanted.from + 49_000).toISOString());
    sockets[0]?.hear(told({ loading: true }));
    expect(made.aim.value).not.toBeNull();
    sockets[0]?.hear(told({ at: new Date(wanted.from + 49_000).toISOString() }));
    expect(made.aim.value).toBeNull();
    made.seek(wanted.to + 1e9);
    expect(made.aim.value, "never beyond the span").toBe(wanted.to);
    made.show(wanted);
    made.seek(wanted.from);
    pass(300);
    expect(sockets[0]?.said.at(-1), "another span in between").toMatchObject({ type: "seek" });
  });

  it("comes back to where it was, and as it was", () => {
    const { made, sockets, told } = machine();
    sockets[0]?.let();
    sockets[0]?.hear(told({ at: "2026-11-23T06:50:00Z" }));
    made.pause();
    made.speed(600);
    sockets[0]?.onclose?.({ code: 4001 });
    made.start();
    sockets[1]?.let();
    expect(sockets[1]?.said[1]).toMatchObject({
      type: "play",
      at: "2026-11-23T06:50:00.000Z",
      speed: 600,
      paused: true,
    });
  });

  it("comes back by its play button when it has made room for others", () => {
    const { made, sockets, told, wanted } = machine();
    sockets[0]?.let();
    sockets[0]?.hear(told({ at: "2026-11-23T06:50:00Z" }));
    made.pause();
    sockets[0]?.onclose?.({ code: 4409 });
    expect(made.connection.value).toMatchObject({ phase: "stopped", code: 4409 });
    made.toggle();
    sockets[1]?.let();
    expect(sockets[1]?.said[1]).toMatchObject({
      type: "play",
      at: "2026-11-23T06:50:00.000Z",
      paused: false,
    });
    sockets[1]?.hear(told({ at: new Date(wanted.to).toISOString(), playing: false, ended: true }));
    sockets[1]?.onclose?.({ code: 4409 });
    made.toggle();
    sockets[2]?.let();
    expect(sockets[2]?.said[1]).toMatchObject({ at: new Date(wanted.from).toISOString(), paused: false });
  });

  it("says why the server will not", () => {
    const { made, sockets, told } = machine();
    sockets[0]?.let();
    sockets[0]?.hear({ type: "error", id: 2, code: "bad_span", message: "at most 8 days", temporary: false });
    expect(made.refusal.value).toBe("at most 8 days");
    sockets[0]?.hear(told({}));
    expect(made.refusal.value).toBeNull();
  });
});
