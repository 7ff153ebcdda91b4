import "./setup";
import { expect, test } from "vitest";

const { align, broken, sayable, scaleOf } = await import("../src/charts/model");
const { roundTimes, timeLabels, digitsFor } = await import("../src/charts/axes");
const { markersIn } = await import("../src/charts/markers");
const { stepOn } = await import("../src/charts/keys");
const { DASHES, COLOURS, colourName, dashOf } = await import("../src/charts/palette");
const { language } = await import("../src/store/prefs");

/** Monday 23/11/2026 00:00 in the city. */
const MIDNIGHT = Date.parse("2026-11-22T17:00:00Z") / 1000;
const line = (times: number[], values: (number | null)[]) => ({ name: "a", unit: "m", times, values });

test("lines on the same times stay as they are; a gap stays null", () => {
  expect(align([line([1, 2, 3], [1, null, 3]), line([1, 2, 3], [4, 5, 6])])).toEqual([
    [1, 2, 3],
    [1, null, 3],
    [4, 5, 6],
  ]);
});

test("a table has the rows that say something, and of a gap its beginning", () => {
  const rows = [
    [null, 1, null, null, null, 5, null],
    [undefined, null, null, undefined, null, null, null],
  ];
  expect(sayable(rows, 7)).toEqual([1, 2, 5, 6]);
  expect(sayable([], 0)).toEqual([]);
});

test("lines on times of their own share an axis: nothing to say is not a gap", () => {
  expect(align([line([1, 3], [1, 3]), line([2, 3], [null, 6])])).toEqual([
    [1, 2, 3],
    [1, undefined, 3],
    [undefined, null, 6],
  ]);
});

test("a shadow takes two columns more", () => {
  const shaded = { ...line([1, 2], [5, 6]), low: [4, 5], high: [6, 7] };
  expect(align([shaded])).toEqual([
    [1, 2],
    [5, 6],
    [4, 5],
    [6, 7],
  ]);
});

test("a hole longer than two and a half intervals breaks the line, a late reading does not", () => {
  const found = broken({ ...line([0, 60, 200, 400], [1, 2, 3, 4]), every: 60 });
  expect(found.times).toEqual([0, 60, 200, 260, 400]);
  expect(found.values).toEqual([1, 2, 3, null, 4]);
});

test("a near threshold is within the scale, a far one does not press the lines flat", () => {
  const [, near] = scaleOf(10, 30, [40]);
  expect(near).toBeGreaterThan(40);
  const [, far] = scaleOf(10, 30, [300]);
  expect(far).toBeLessThan(50);
  expect(scaleOf(2, 30, [])[0]).toBe(0);
  expect(scaleOf(990, 1010, [])[0]).toBeGreaterThan(900);
  const [low, high] = scaleOf(5, 5, []);
  expect(high).toBeGreaterThan(low);
});

test("round moments are the city's: midnights, Mondays, firsts of months", () => {
  const noon = MIDNIGHT - 12 * 3600;
  expect(roundTimes(noon, noon + 86_400, 86_400)).toEqual([MIDNIGHT]);
  expect(roundTimes(MIDNIGHT - 3 * 86_400, MIDNIGHT + 3 * 86_400, 7 * 86_400)).toEqual([MIDNIGHT]);
  const months = roundTimes(MIDNIGHT, MIDNIGHT + 60 * 86_400, 31 * 86_400);
  expect(timeLabels(months, 31 * 86_400)).toEqual(["12/2026", "01/2027"]);
});

test("the day stands under the first time and under midnight", () => {
  const times = [MIDNIGHT - 7200, MIDNIGHT - 3600, MIDNIGHT, MIDNIGHT + 3600];
  expect(timeLabels(times, 3600)).toEqual(["22:00\n22/11", "23:00", "00:00\n23/11", "01:00"]);
  language.value = "vi";
  expect(timeLabels([MIDNIGHT], 86_400)).toEqual(["T2\n23/11"]);
  language.value = "en";
  expect(timeLabels([MIDNIGHT], 86_400)).toEqual(["Mon\n23/11"]);
  language.value = "vi";
});

test("a scale has as many decimals as its marks need", () => {
  expect([20, 5, 1, 0.5, 0.25, 0.01].map(digitsFor)).toEqual([0, 0, 0, 1, 1, 2]);
});

test("signs that would cover each other are one, and the gravest speaks", () => {
  const at = (from: number, severity: "critical" | "warning") => ({
    from,
    to: from + 5,
    severity,
    label: severity,
    href: `#/${from}`,
  });
  const found = markersIn(
    [at(0, "warning"), at(10, "critical"), at(100, "warning"), at(500, "warning")],
    (ms) => ms,
    300,
  );
  expect(found.map(({ left, severity, count, href }) => [left, severity, count, href])).toEqual([
    [0, "critical", 2, "#/10"],
    [100, "warning", 1, "#/100"],
  ]);
});

test("the keyboard goes to neighbours, by tenths and to the ends", () => {
  expect(stepOn("ArrowRight", null, 50)).toBe(0);
  expect(stepOn("ArrowLeft", 0, 50)).toBe(0);
  expect(stepOn("PageDown", 3, 50)).toBe(8);
  expect(stepOn("End", 3, 50)).toBe(50);
  expect(stepOn("Tab", 3, 50)).toBeNull();
});

test("twenty-eight lines differ in both colour and dash together", () => {
  const slots = Array.from({ length: COLOURS * DASHES.length }, (_, i) => i);
  const looks = slots.map((i) => `${colourName(line([], []), i)} ${dashOf(line([], []), i)}`);
  expect(new Set(looks).size).toBe(slots.length);
});
