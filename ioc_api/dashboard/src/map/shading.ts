import type { Zone } from "../api/types";
import type { IndexItem, IndexTable, ShownIndex } from "../store/indices";

/** By what zones are shaded; none: by nothing. */
export const SHADINGS = ["none", "vn_aqi_hourly", "tti", "lamps_on"] as const;
export type Shading = (typeof SHADINGS)[number];

/** One zone's shade; without a colour where there is no figure. */
export interface Shade {
  colour: string | null;
  /** the figure as the zone's name has it beside it */
  text: string;
}

/** Shares of lamps in five steps from dark to light, as burning lamps are. */
const LAMPS: readonly [below: number, colour: string][] = [
  [20, "#2c2a4a"],
  [40, "#5b4a68"],
  [60, "#8f6d6b"],
  [80, "#c99a5b"],
  [Number.POSITIVE_INFINITY, "#f6cf55"],
];

/** The colour of a share of lamps, in percent. */
export function lampColour(share: number): string {
  return LAMPS.find(([below]) => share < below)?.[1] ?? "";
}

/** A colour of the legend, with how many zones have it. */
interface Step {
  colour: string | null;
  /** what the level is called: a letter, a band */
  level: string;
  name: { vi: string; en: string } | null;
  count: number;
}

/**
 * What the colours of a shading mean: of VN_AQI and of levels of service those that are there now, in the API's own words
 * and colours; of shares of lamps all.
 */
export function legendOf(shading: ShownIndex, zones: readonly Zone[], indices: IndexTable): Step[] {
  const items = zones.map((zone) => indices.of(shading, zone.code));
  const unknown = items.filter((item) => item === null || item.value === null).length;
  const steps = shading === "lamps_on" ? lampSteps(items) : ownSteps(shading, items);
  return unknown > 0 ? [...steps, { colour: null, level: "", name: null, count: unknown }] : steps;
}

function lampSteps(items: readonly (IndexItem | null)[]): Step[] {
  return LAMPS.map(([below, colour], i) => ({
    colour,
    level: `${LAMPS[i - 1]?.[0] ?? 0}–${Math.min(100, below)} %`,
    name: null,
    count: items.filter((item) => item?.value != null && lampColour(item.value) === colour).length,
  }));
}

function ownSteps(shading: ShownIndex, items: readonly (IndexItem | null)[]): Step[] {
  const found = new Map<string, Step & { value: number }>();
  for (const item of items) {
    if (item === null || item.value === null || item.colour === null) continue;
    const known = found.get(item.colour);
    if (known) known.count += 1;
    else
      found.set(item.colour, {
        colour: item.colour,
        level: shading === "tti" ? (item.level ?? "") : "",
        name: { vi: item.vi, en: item.en },
        count: 1,
        value: item.value,
      });
  }
  return [...found.values()].sort((a, b) => a.value - b.value);
}

/** The shade of each zone. */
export function shadesOf(
  shading: Shading,
  zones: readonly Zone[],
  indices: IndexTable,
  number: (value: number, digits: number) => string,
): ReadonlyMap<string, Shade> {
  const shades = new Map<string, Shade>();
  if (shading === "none") return shades;
  for (const zone of zones) {
    const item = indices.of(shading, zone.code);
    if (item === null || item.value === null) shades.set(zone.code, { colour: null, text: "–" });
    else if (shading === "lamps_on")
      shades.set(zone.code, { colour: lampColour(item.value), text: `${number(item.value, 0)} %` });
    else if (shading === "tti") shades.set(zone.code, { colour: item.colour, text: item.level ?? "–" });
    else shades.set(zone.code, { colour: item.colour, text: number(item.value, 0) });
  }
  return shades;
}
