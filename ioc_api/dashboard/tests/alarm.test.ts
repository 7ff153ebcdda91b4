import "./setup";
import { describe, expect, test } from "vitest";
import type { Alert } from "../src/api/alerts";

Object.assign(globalThis.document, { title: "IOC" });
const { fresh, mute, mutedUntil, titled } = await import("../src/store/alarm");
const { now } = await import("../src/store/clock");
const { endOf, shiftOf } = await import("../src/store/shifts");
const { summed } = await import("../src/handover/reading");
const { questionOf, seriesOf, spanOf } = await import("../src/alerts/around");

const alert = (id: number, more: Partial<Alert> = {}): Alert =>
  ({ id, severity: "critical", state: "firing", incident: null, ...more }) as Alert;
const mapped = (...list: Alert[]): Map<number, Alert> => new Map(list.map((one) => [one.id, one]));
const AT = Date.parse("2026-11-23T16:00:00Z");

describe("what is new", () => {
  test("critical, not acknowledged, and not there before; what returns after its end or has become graver", () => {
    expect(
      fresh(mapped(), mapped(alert(1), alert(2, { severity: "major" }), alert(3, { state: "acknowledged" }))),
    ).toEqual([1]);
    expect(fresh(mapped(alert(1)), mapped(alert(1)))).toEqual([]);
    expect(fresh(mapped(alert(1, { state: "resolved" })), mapped(alert(1)))).toEqual([1]);
    expect(fresh(mapped(alert(1, { severity: "major" })), mapped(alert(1)))).toEqual([1]);
  });

  test("that somebody lets go of one is no news; nor what an incident speaks for", () => {
    expect(fresh(mapped(alert(1, { state: "acknowledged" })), mapped(alert(1)))).toEqual([]);
    expect(fresh(mapped(), mapped(alert(1, { incident: 9 })))).toEqual([]);
  });

  test("the title says how many, but not while it is muted", () => {
    expect(titled(2, false)).toBe("(2) ⚠ IOC");
    expect(titled(2, true)).toBe("IOC");
    expect(titled(0, false)).toBe("IOC");
  });
});

test("muting ends by itself, and a clock that was wrong mutes for no longer than an hour", () => {
  now.value = AT;
  mute(5);
  expect(mutedUntil.value).toBe(AT + 300_000);
  now.value = AT + 299_000;
  expect(mutedUntil.value).not.toBeNull();
  now.value = AT + 300_000;
  expect(mutedUntil.value).toBeNull();
  mute(60);
  expect(mutedUntil.value).not.toBeNull();
  now.value = AT - 86_400_000;
  expect(mutedUntil.value).toBeNull();
  now.value = AT;
  mute(60);
  mute(0);
  expect(mutedUntil.value).toBeNull();
});

test("shifts begin at 6, 14 and 22 o'clock of the city, over midnight too", () => {
  const shift = (at: string): string[] => shiftOf(Date.parse(at)).map((ms) => new Date(ms).toISOString());
  expect(shift("2026-11-23T16:00:00Z")).toEqual(["2026-11-23T15:00:00.000Z", "2026-11-23T23:00:00.000Z"]);
  expect(shift("2026-11-23T22:59:00Z")).toEqual(["2026-11-23T15:00:00.000Z", "2026-11-23T23:00:00.000Z"]);
  expect(shift("2026-11-23T23:00:00Z")).toEqual(["2026-11-23T23:00:00.000Z", "2026-11-24T07:00:00.000Z"]);
  expect(endOf("shift", AT, null)).toBe(Date.parse("2026-11-23T23:00:00Z"));
  expect(endOf("1h", AT, null)).toBe(AT + 3_600_000);
  expect(endOf("other", AT, null)).toBeNull();
});

test("the balance of a shift is the sum of its minutes, and adds up if all of them do", () => {
  const minute = (stored: number, adds_up = true) => ({
    messages: 1, decoded: stored, stored, duplicate: 0, quarantined: 0, limited: 0, adds_up,
  }); // biome-ignore format: one row
  expect(summed([minute(3), minute(4)])).toMatchObject({ messages: 2, stored: 7, adds_up: true });
  expect(summed([minute(3), minute(4, false)]).adds_up).toBe(false);
  expect(summed([])).toMatchObject({ messages: 0, adds_up: true });
});

describe("the readings around an alert", () => {
  const one = alert(1, {
    started_at: "2026-11-23T12:00:00Z",
    resolved_at: null,
    cleared_at: null,
    sensor_id: "S1",
    zone: "07210",
    area: "bac_giang",
    domain: "environment",
    channel: null,
  });
  const why = (condition: unknown) => ({ rule: { condition } }) as Parameters<typeof questionOf>[1];

  test("from two hours before it until now, or half an hour after its end; of days the last three", () => {
    expect(spanOf(one, AT)).toEqual([Date.parse("2026-11-23T10:00:00Z"), AT]);
    expect(spanOf({ ...one, resolved_at: "2026-11-23T13:00:00Z" }, AT)[1]).toBe(
      Date.parse("2026-11-23T13:30:00Z"),
    );
    const [from, to] = spanOf({ ...one, started_at: "2026-11-01T00:00:00Z" }, AT);
    expect(to - from).toBe(3 * 86_400_000);
  });

  test("of its sensor, or of its ward as a whole; of nothing where the rule looks at no readings", () => {
    const asked = (condition: unknown): string | null => questionOf(one, why(condition), [AT - 1, AT]);
    expect(asked({ type: "threshold", metric: "pm2_5" })).toContain("sensor=S1");
    expect(asked({ type: "aggregate", metric: "speed", of: "zone" })).toContain("of=whole&zone=07210");
    expect(asked({ type: "absence" })).toBeNull();
    expect(asked(null)).toBeNull();
  });

  test("the channel that it is about", () => {
    const list = [{ channel: "L1" }, { channel: "L2" }] as unknown as Parameters<typeof seriesOf>[1];
    expect(seriesOf({ ...one, channel: "L2" }, list)?.channel).toBe("L2");
    expect(seriesOf(one, list)?.channel).toBe("L1");
    expect(seriesOf(one, [])).toBeNull();
  });
});
