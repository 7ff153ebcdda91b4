import { expect, test } from "vitest";
import { Trend } from "../src/store/trend";

test("a week of seconds stays within its capacity and keeps its first and last moment", () => {
  const trend = new Trend(240, 1000);
  const end = 7 * 86_400;
  for (let s = 0; s <= end; s += 7) trend.push(s * 1000, Math.sin(s / 9000));
  expect(trend.length).toBeLessThanOrEqual(240);
  const [times] = trend.points();
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBeGreaterThan((end - 7) * 1000 - 1);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
});

test("a gap stays a gap when points are thinned", () => {
  const trend = new Trend(20, 1000);
  for (let s = 0; s < 15; s++) trend.push(s * 1000, 1);
  trend.interrupt(15_000);
  trend.interrupt(16_000);
  for (let s = 30; s < 60; s++) trend.push(s * 1000, 2);
  const [, values] = trend.points();
  expect(values.filter(Number.isNaN).length).toBe(1);
  expect(trend.range()).toEqual([1, 2]);
});

test("nothing received, nothing to show", () => {
  const trend = new Trend();
  trend.interrupt(1000);
  expect(trend.length).toBe(0);
  expect(trend.range()).toBeNull();
});
