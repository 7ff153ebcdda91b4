import { expect, test } from "vitest";
import { spread } from "../src/city/scale";

const speed = { low: 0, high: 150 };
const share = { low: 0, high: 1 };

test("a steady value lies in the middle of a tenth of itself", () => {
  const [low, high] = spread(50, 50, speed, 1);
  expect(low).toBeCloseTo(47.5);
  expect(high).toBeCloseTo(52.5);
});

test("what moves more than that fills the scale", () => {
  expect(spread(20, 60, speed, 1)).toEqual([20, 60]);
});

test("nothing below nought, nothing above all", () => {
  expect(spread(0, 0, share, 0.01)).toEqual([0, 0.01]);
  const [low, high] = spread(1, 1, share, 0.01);
  expect(low).toBeCloseTo(0.9);
  expect(high).toBeCloseTo(1);
});

test("a value outside its plausible range is still on the scale", () => {
  const [low, high] = spread(-5, 160, speed, 1);
  expect([low, high]).toEqual([-5, 160]);
});
