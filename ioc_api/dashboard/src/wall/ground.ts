import type { Zone } from "../api/types";
import { cellOf } from "../map/cells";

/** The city on a sheet of paper: places of the earth as places of a picture, zones as paths. */
interface Sheet {
  wide: number;
  high: number;
  box: { west: number; south: number; east: number; north: number };
  x(lon: number): number;
  y(lat: number): number;
  zones: { zone: Zone; path: string; x: number; y: number }[];
}

const WIDE = 1000;
/** Room around the city, as a part of it. */
const MARGIN = 0.03;

type Rings = readonly (readonly (readonly number[])[])[];
type Shape = GeoJSON.Polygon | GeoJSON.MultiPolygon;

/** A sheet of these zones; null where there are none. */
export function sheetOf(zones: readonly Zone[], exact: ReadonlyMap<string, Shape>): Sheet | null {
  if (zones.length === 0) return null;
  const shapes = zones.map((zone): Rings => {
    const known = exact.get(zone.code);
    if (!known) return [cellOf(zone, zones, 96)];
    return known.type === "Polygon" ? known.coordinates : known.coordinates.flat();
  });
  let [west, south] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [east, north] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [lon = 0, lat = 0] of shapes.flat(2)) {
    [west, east] = [Math.min(west, lon), Math.max(east, lon)];
    [south, north] = [Math.min(south, lat), Math.max(north, lat)];
  }
  // So small a piece of the earth is flat: degrees of longitude are but shorter.
  const shorter = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (WIDE * (1 - 2 * MARGIN)) / ((east - west) * shorter);
  const edge = WIDE * MARGIN;
  const x = (lon: number): number => edge + (lon - west) * shorter * scale;
  const y = (lat: number): number => edge + (north - lat) * scale;
  const path = (rings: Rings): string =>
    rings
      .map(
        (ring) =>
          `M${ring.map(([lon = 0, lat = 0]) => `${x(lon).toFixed(1)} ${y(lat).toFixed(1)}`).join("L")}Z`,
      )
      .join("");
  return {
    wide: WIDE,
    high: (north - south) * scale + 2 * edge,
    box: { west, south, east, north },
    x,
    y,
    zones: zones.map((zone, i) => ({ zone, path: path(shapes[i] ?? []), x: x(zone.lon), y: y(zone.lat) })),
  };
}
