import { describe, expect, test } from "vitest";
import { type Standing, verdictOf } from "../src/city/verdict";

const sensors = { sensors: 100, online: 100, late: 0, offline: 0, never_seen: 0, maintenance: 0 };
const none = { critical: 0, major: 0, warning: 0, info: 0 };
const well: Standing = { live: true, source: "ok", judged: true, alerts: none, sensors };
const said = (more: Partial<Standing>): string => {
  const { tone, text } = verdictOf({ ...well, ...more });
  return `${tone} ${text}`;
};

describe("the verdict on the city", () => {
  test("what is worst is said", () => {
    expect(said({})).toBe("ok verdict.well");
    expect(said({ alerts: { ...none, info: 9 } })).toBe("ok verdict.well");
    expect(said({ alerts: { ...none, warning: 2 } })).toBe("ok verdict.watch");
    expect(said({ sensors: { ...sensors, online: 89, offline: 11 } })).toBe("late verdict.silent");
    expect(said({ alerts: { ...none, major: 1, warning: 2 } })).toBe("late verdict.major");
    expect(said({ alerts: { ...none, critical: 1, major: 5 } })).toBe("off verdict.critical");
  });

  test("nobody is told that the city is well who cannot know it", () => {
    expect(said({ live: false })).toBe("unknown verdict.old");
    expect(said({ live: false, alerts: { ...none, critical: 1 } })).toBe("unknown verdict.old");
    expect(said({ source: "stopped" })).toBe("unknown verdict.stopped");
    expect(said({ judged: false })).toBe("unknown verdict.unjudged");
    expect(said({ sensors: { ...sensors, sensors: 0, online: 0 } })).toBe("unknown verdict.empty");
  });

  test("what rests is not missed, and whoever sees no alerts is not told of their engine", () => {
    expect(said({ sensors: { ...sensors, online: 80, maintenance: 20 } })).toBe("ok verdict.well");
    expect(said({ alerts: null, judged: false })).toBe("ok verdict.sensors");
  });
});
