import { signal } from "@preact/signals";
import { get } from "../api/http";

/** What `GET map` tells: where the ground of the map is; null is what nobody has configured. */
export interface Ground {
  style: string | null;
  tiles: string | null;
  zones: string | null;
}

type Boundaries = GeoJSON.FeatureCollection<GeoJSON.Polygon | GeoJSON.MultiPolygon, { code: string }>;

/** Zones' exact boundaries by code; empty where the city has given none. */
export const boundaries = signal<ReadonlyMap<string, GeoJSON.Polygon | GeoJSON.MultiPolygon>>(new Map());

let asked: Promise<Ground> | null = null;

/** Read what the map is drawn on, once; a map without a ground is drawn all the same. */
export function ground(): Promise<Ground> {
  asked ??= read().catch((cause) => {
    console.warn(cause);
    asked = null;
    return { style: null, tiles: null, zones: null };
  });
  return asked;
}

async function read(): Promise<Ground> {
  const told = await get<Ground>("map");
  if (told.zones !== null) {
    const { features } = await get<Boundaries>("map/zones");
    boundaries.value = new Map(features.map((f) => [f.properties.code, f.geometry]));
  }
  return told;
}
