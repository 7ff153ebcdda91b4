import { expect, test } from "vitest";
import { firstOf, midnight, momentIn, sheet, written } from "../src/parts/typed";

/** Monday 23/11/2026 15:30 in the city. */
const NOW = Date.parse("2026-11-23T08:30:40Z");
const at = (text: string): number => Date.parse(`${text}+07:00`);

test.each([
  ["23/11/2026 14:05", "2026-11-23T14:05"],
  ["  3/1/2026   7:05 ", "2026-01-03T07:05"],
  ["23-11-2026 14h05", "2026-11-23T14:05"],
  ["23.11.26 14h", "2026-11-23T14:00"],
  ["23/11 14:05", "2026-11-23T14:05"],
  ["23/11/2026, 14:05", "2026-11-23T14:05"],
  ["14:05 23/11/2026", "2026-11-23T14:05"],
  ["2026-11-23T14:05", "2026-11-23T14:05"],
  ["2026-11-23 14:05:30", "2026-11-23T14:05:30"],
  ["23/11/2026", "2026-11-23T00:00"],
  ["23/11/2026 24:00", "2026-11-24T00:00"],
  ["14:05", "2026-11-23T14:05"],
  ["7h30", "2026-11-23T07:30"],
  ["hôm qua", "2026-11-22T00:00"],
  ["Hôm qua 7h", "2026-11-22T07:00"],
  ["yesterday 7:30", "2026-11-22T07:30"],
  ["bây giờ", "2026-11-23T15:30"],
  ["now", "2026-11-23T15:30"],
  ["29/02/2028 00:00", "2028-02-29T00:00"],
])("%s is understood", (text, meant) => {
  expect(momentIn(text, NOW)).toBe(at(meant));
});

test.each([
  ["", null],
  ["mai mốt", "unclear"],
  ["23/11/2026 sáng", "unclear"],
  ["23112026", "unclear"],
  ["31/02/2026 10:00", "no_day"],
  ["23/13/2026", "no_day"],
  ["23/11/2026 25:00", "no_day"],
  ["23/11/2026 10:75", "no_day"],
  ["24:30", "no_day"],
])("%s is not a moment", (text, what) => {
  expect(momentIn(text, NOW)).toBe(what);
});

test("a day alone is its beginning, or its end where an end is asked for", () => {
  expect(momentIn("23/11/2026", NOW, { end: true })).toBe(at("2026-11-23T23:59"));
  expect(momentIn("23/11/2026", NOW, { day: true })).toBe(at("2026-11-23T00:00"));
  expect(momentIn("23/11/2026 10:00", NOW, { day: true })).toBe("unclear");
});

test("what is written is understood", () => {
  for (const ms of [at("2026-01-01T00:00"), at("2026-12-31T23:59"), at("2028-02-29T12:34")])
    expect(momentIn(written(ms), NOW)).toBe(ms);
  expect(written(at("2026-11-23T00:00"), true)).toBe("23/11/2026");
});

test("a month's sheet has whole weeks from Monday", () => {
  const november = firstOf(NOW);
  expect(november).toBe(at("2026-11-01T00:00"));
  const days = sheet(november);
  expect(written(days[0] ?? 0, true)).toBe("26/10/2026");
  expect(written(days.at(-1) ?? 0, true)).toBe("06/12/2026");
  expect(days.length % 7).toBe(0);
  expect(firstOf(NOW, 2)).toBe(at("2027-01-01T00:00"));
  expect(midnight(NOW)).toBe(at("2026-11-23T00:00"));
});
