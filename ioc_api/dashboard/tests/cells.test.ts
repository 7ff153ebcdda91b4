import { expect, test } from "vitest";
import type { Zone } from "../src/api/types";
import { boundsOf, cellOf } from "../src/map/cells";

const zone = (code: string, bbox: Zone["bbox"]): Zone => ({
  code,
  area: "a",
  vi: code,
  en: code,
  lon: (bbox[0] + bbox[2]) / 2,
  lat: (bbox[1] + bbox[3]) / 2,
  bbox,
  area_km2: 1,
  valid_from: null,
  valid_to: null,
});

test("neighbours with overlapping boxes share a border and do not overlap", () => {
  const west = zone("w", [0, 0, 6, 4]);
  const east = zone("e", [4, 0, 10, 4]);
  const all = [west, east];
  const middle = 5;
  for (const [lon] of cellOf(west, all)) expect(lon).toBeLessThanOrEqual(middle + 0.01);
  for (const [lon] of cellOf(east, all)) expect(lon).toBeGreaterThanOrEqual(middle - 0.01);
  expect(Math.max(...cellOf(west, all).map(([lon]) => lon))).toBeCloseTo(middle, 1);
});

test("an outline is closed and stays in its box", () => {
  const one = zone("x", [106.1, 21.2, 106.2, 21.3]);
  const outline = cellOf(one, [one]);
  expect(outline[0]).toEqual(outline.at(-1));
  for (const [lon, lat] of outline) {
    expect(lon).toBeGreaterThanOrEqual(106.1);
    expect(lon).toBeLessThanOrEqual(106.2);
    expect(lat).toBeGreaterThanOrEqual(21.2);
    expect(lat).toBeLessThanOrEqual(21.3);
  }
});

test("bounds hold all zones; of none there are none", () => {
  expect(boundsOf([zone("a", [0, 1, 2, 3]), zone("b", [-1, 2, 1, 5])])).toEqual([
    [-1, 1],
    [2, 5],
  ]);
  expect(boundsOf([])).toBeNull();
});
