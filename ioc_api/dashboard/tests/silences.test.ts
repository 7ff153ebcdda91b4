import "./setup";
import { describe, expect, test } from "vitest";
import type { Silence } from "../src/api/rules";

const { barsOf, dayStart, dragged, monthsOn, occurrences, overlapping, weekStart, weeksOfMonth } =
  await import("../src/rules/silences/calendar");
const { again } = await import("../src/rules/silences/SilenceView");

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe("the calendar of silences", () => {
  const monday = at("2026-11-22T17:00:00Z");
  const silence = (id: number, from: string, to: string, more: Partial<Silence> = {}): Silence =>
    ({
      id,
      starts_at: from,
      ends_at: to,
      ended_at: null,
      state: "planned",
      kind: "silence",
      matcher: {},
      reason: "x",
      ...more,
    }) as Silence;

  test("weeks begin on Mondays of the city", () => {
    expect(weekStart(at("2026-11-29T16:59:00Z"))).toBe(monday);
    expect(weekStart(at("2026-11-29T17:00:00Z"))).toBe(monday + 7 * 24 * HOUR);
    expect(dayStart(at("2026-11-23T16:59:00Z"))).toBe(monday);
    expect(weeksOfMonth(monday)).toHaveLength(6);
    expect(new Date(monthsOn(monday, 2) + 7 * HOUR).toISOString()).toBe("2027-01-01T00:00:00.000Z");
  });

  test("what overlaps lies in lanes of its own, what goes on is cut at the week", () => {
    const bars = barsOf(
      [
        silence(1, "2026-11-20T00:00:00Z", "2026-11-23T17:00:00Z"),
        silence(2, "2026-11-23T05:00:00Z", "2026-11-24T17:00:00Z"),
        silence(3, "2026-11-24T17:00:00Z", "2026-12-24T17:00:00Z"),
        silence(4, "2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z"),
        silence(5, "2026-11-22T18:00:00Z", "2026-12-01T00:00:00Z", { ended_at: "2026-11-22T18:00:00Z" }),
      ],
      monday,
    );
    expect(bars.map((b) => [b.silence.id, b.lane, b.before, b.after])).toEqual([
      [1, 0, true, false],
      [2, 1, false, false],
      [3, 0, false, true],
    ]);
    expect(bars[0]?.width).toBeCloseTo(1 / 7);
  });

  test("dragging goes by whole steps and either way, a click is an hour", () => {
    const day = 1 / 7;
    expect(dragged(monday, 2 * day, day + 0.001, HOUR)).toEqual({
      starts: monday + 24 * HOUR,
      ends: monday + 48 * HOUR,
    });
    const click = dragged(monday, day, day, HOUR / 2);
    expect(click.ends - click.starts).toBe(HOUR);
  });

  test("a window again and again is a window each time, and none runs into the next", () => {
    const [starts, ends] = [at("2026-11-27T01:00:00Z"), at("2026-11-27T03:00:00Z")]; // a Friday
    expect(occurrences(starts, ends, "once", 9)).toHaveLength(1);
    const days = occurrences(starts, ends, "weekday", 3).map((o) =>
      new Date(o.starts).toISOString().slice(0, 10),
    );
    expect(days).toEqual(["2026-11-27", "2026-11-30", "2026-12-01"]);
    expect(occurrences(starts, ends, "week", 2)[1]?.starts).toBe(starts + 168 * HOUR);
    expect([
      overlapping(starts, starts + 25 * HOUR, "day"),
      overlapping(starts, starts + 25 * HOUR, "week"),
    ]).toEqual([true, false]);
  });

  test("what was ended can be taken up again until the same end", () => {
    const one = silence(1, "2026-11-23T05:00:00Z", "2026-11-24T17:00:00Z", { matcher: { zone: ["07210"] } });
    expect(again(one)).toMatchObject({
      starts_at: one.starts_at,
      ends_at: one.ends_at,
      matcher: { zone: ["07210"] },
    });
    expect(again({ ...one, state: "in_force" })).not.toHaveProperty("starts_at");
  });
});
