import type { Area, Zone } from "../api/types";
import { addressOf, type Place } from "../store/route";

/** How far back the charts go: the step of their points, and the live window that says the running one. */
export const RANGES = {
  "1h": { seconds: 3_600, step: 60, window: "1m" },
  "6h": { seconds: 21_600, step: 300, window: "5m" },
  "24h": { seconds: 86_400, step: 900, window: "15m" },
  "7d": { seconds: 604_800, step: 3_600, window: null },
} as const;
export type Range = keyof typeof RANGES;
const USUAL: Range = "6h";

/** What a board shows; null: no such limit. */
export interface Choice {
  domain: string | null;
  area: string | null;
  zone: string | null;
  sensor: string | null;
  range: Range;
}

/** The address as a choice; areas and zones that there are not are passed over. */
export function choiceOf(place: Place, areas: readonly Area[], zones: readonly Zone[]): Choice {
  const zone = zones.find((z) => z.code === place.query.get("zone"));
  const area = zone?.area ?? areas.find((a) => a.code === place.query.get("area"))?.code ?? null;
  const range = place.query.get("range") ?? "";
  const sensor = place.query.get("sensor") ?? "";
  return {
    domain: place.name,
    area,
    zone: zone?.code ?? null,
    sensor: /^[A-Za-z0-9._:-]{1,64}$/.test(sensor) ? sensor : null,
    range: Object.hasOwn(RANGES, range) ? (range as Range) : USUAL,
  };
}

/** What is in the address of a choice: no more than differs from the usual. */
export function queryOf({ area, zone, sensor, range }: Choice): Record<string, string> {
  return {
    ...(zone !== null ? { zone } : area !== null && { area }),
    ...(sensor !== null && { sensor }),
    ...(range !== USUAL && { range }),
  };
}

export function linkOf(choice: Choice, change: Partial<Choice>): string {
  const next = { ...choice, ...change };
  return addressOf("boards", next.domain ?? "", queryOf(next));
}

/** The filter of an operation that takes area and zone. */
export function placeQuery({ area, zone }: Pick<Choice, "area" | "zone">): string {
  return zone !== null ? `&zone=${zone}` : area !== null ? `&area=${area}` : "";
}

/** What a line or a row is about. */
export interface Subject {
  key: string;
  area: string;
  zone: string | null;
  sensor: string | null;
  vi: string;
  en: string;
}

/**
 * The places side by side: of the whole city its areas, of an area its zones, else the one that was chosen. `narrow`:
 * areas as wholes are not this person's, so it is zones in any case.
 */
export function subjectsOf(
  choice: Choice,
  areas: readonly Area[],
  zones: readonly Zone[],
  narrow: boolean,
): Subject[] {
  const ofZone = (z: Zone): Subject => ({
    key: z.code,
    area: z.area,
    zone: z.code,
    sensor: null,
    vi: z.vi,
    en: z.en,
  });
  if (choice.zone !== null) return zones.filter((z) => z.code === choice.zone).map(ofZone);
  if (choice.area !== null) return zones.filter((z) => z.area === choice.area).map(ofZone);
  if (narrow) return zones.map(ofZone);
  return areas.map((a) => ({ key: a.code, area: a.code, zone: null, sensor: null, vi: a.vi, en: a.en }));
}
