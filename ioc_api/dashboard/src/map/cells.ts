import type { Zone } from "../api/types";

/**
 * Schematic zones from centroid and bounding box, until the city's own boundaries are imported. Each zone is a
 * rounded box around its centroid; where two meet, the border runs where both are relatively equally far. The cells
 * do not overlap, seen from their centroids, and pretend no more than that.
 */

/** 1 on the edge of the zone's rounded box, less inside; sides may be unequal. */
function reach(zone: Zone, lon: number, lat: number): number {
  const [west, south, east, north] = zone.bbox;
  const x = lon - zone.lon;
  const y = lat - zone.lat;
  const wide = x < 0 ? zone.lon - west : east - zone.lon;
  const high = y < 0 ? zone.lat - south : north - zone.lat;
  return ((x / wide) ** 4 + (y / high) ** 4) ** 0.25;
}

const STEPS = 60;
const HALVINGS = 12;

/** Longitude and latitude of the outline, closed; `points` of them at equal angles. */
export function cellOf(zone: Zone, all: readonly Zone[], points = 144): [number, number][] {
  const [west, south, east, north] = zone.bbox;
  const span = Math.hypot(east - west, north - south);
  const others = all.filter((other) => other.code !== zone.code);
  const inside = (lon: number, lat: number): boolean => {
    const own = reach(zone, lon, lat);
    return own < 1 && others.every((other) => own <= reach(other, lon, lat));
  };
  const outline: [number, number][] = [];
  for (let i = 0; i < points; i++) {
    const angle = (i / points) * 2 * Math.PI;
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    const at = (r: number): boolean => inside(zone.lon + dx * r, zone.lat + dy * r);
    let near = 0;
    let far = span;
    for (let step = 1; step <= STEPS; step++) {
      const r = (span * step) / STEPS;
      if (!at(r)) {
        far = r;
        break;
      }
      near = r;
    }
    for (let n = 0; n < HALVINGS; n++) {
      const middle = (near + far) / 2;
      if (at(middle)) near = middle;
      else far = middle;
    }
    outline.push([zone.lon + dx * near, zone.lat + dy * near]);
  }
  const first = outline[0];
  if (first) outline.push(first);
  return outline;
}

/** The box around all zones: [[west, south], [east, north]]. */
export function boundsOf(zones: readonly Zone[]): [[number, number], [number, number]] | null {
  if (zones.length === 0) return null;
  const of = (i: 0 | 1 | 2 | 3, pick: (...n: number[]) => number): number =>
    pick(...zones.map((zone) => zone.bbox[i]));
  return [
    [of(0, Math.min), of(1, Math.min)],
    [of(2, Math.max), of(3, Math.max)],
  ];
}

/** Lines of longitude and latitude every `step` degrees over `bounds`, as on a chart. */
export function graticule(
  [[west, south], [east, north]]: [[number, number], [number, number]],
  step = 0.05,
): GeoJSON.Feature<GeoJSON.MultiLineString> {
  const margin = 6;
  const coordinates: [number, number][][] = [];
  const [x0, x1] = [Math.floor(west / step) - margin, Math.ceil(east / step) + margin];
  const [y0, y1] = [Math.floor(south / step) - margin, Math.ceil(north / step) + margin];
  for (let x = x0; x <= x1; x++)
    coordinates.push([
      [x * step, y0 * step],
      [x * step, y1 * step],
    ]);
  for (let y = y0; y <= y1; y++)
    coordinates.push([
      [x0 * step, y * step],
      [x1 * step, y * step],
    ]);
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates } };
}
