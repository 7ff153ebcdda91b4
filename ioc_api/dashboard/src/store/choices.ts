import { batch, effect, untracked } from "@preact/signals";
import { headlineMetrics } from "../city/headline";
import { boundsOf } from "../map/cells";
import { SHADINGS } from "../map/shading";
import { domains, liveZones } from "./registry";
import { noteCity, place } from "./route";
import {
  type Spot,
  selectedSensor,
  selectedZone,
  shownDomain,
  shownMetric,
  shownShading,
  shownSpot,
} from "./selection";

/** What is chosen of the map, in the address, so that a link reproduces the view. What nobody chose is left out. */

const NAMES = ["domain", "metric", "shade", "zone", "map", "sensor"];
/** How often the address is brought up to date while the map is moved. */
const SOON_MS = 500;
/** How far from the city's zones a map may stand, in degrees. */
const AROUND = 0.5;
const ZOOMS = [8.5, 17.5] as const;

/** What the address is to say of the map. */
export function choicesSaid(): Record<string, string> {
  const said: Record<string, string> = {};
  // The metric says its domain.
  if (shownMetric.value !== "") said.metric = shownMetric.value;
  else if (shownDomain.value !== "") said.domain = shownDomain.value;
  if (shownShading.value !== "none") said.shade = shownShading.value;
  if (selectedZone.value !== null) said.zone = selectedZone.value;
  if (shownSpot.value !== null) said.map = spotSaid(shownSpot.value);
  return said;
}

/**
 * Choose what an address asks for, and of the rest what nobody chose; what it asks for wrongly counts as not asked. An
 * address that speaks of nothing leaves everything as it is: it is the way back to the map.
 */
export function takeChoices(query: URLSearchParams): void {
  if (!NAMES.some((name) => query.has(name))) return;
  const metric = query.get("metric") ?? "";
  const [code = ""] = metric.split("/");
  const domain = domains.peek().find((one) => one.code === (metric === "" ? query.get("domain") : code));
  const coloured = domain && headlineMetrics(domain).some(({ name }) => metric === `${domain.code}/${name}`);
  const zone = liveZones.peek().find((one) => one.code === query.get("zone"));
  const shown = shownSpot.peek();
  const said = query.get("map") ?? "";
  // Where it stands already it may stand, however far somebody has moved it.
  const spot = shown !== null && spotSaid(shown) === said ? shown : spotIn(said);
  batch(() => {
    shownDomain.value = domain && (metric === "" || coloured) ? domain.code : "";
    shownMetric.value = coloured ? metric : "";
    shownShading.value = SHADINGS.find((one) => one === query.get("shade")) ?? "none";
    selectedZone.value = zone?.code ?? null;
    shownSpot.value = spot;
  });
}

function spotSaid({ lon, lat, zoom }: Spot): string {
  return `${lon.toFixed(5)}_${lat.toFixed(5)}_${zoom.toFixed(2)}`;
}

/** A place in the city; null for anything else. */
function spotIn(text: string): Spot | null {
  const found = /^(\d{1,3}\.\d{1,7})_(\d{1,2}\.\d{1,7})_(\d{1,2}(?:\.\d{1,3})?)$/.exec(text);
  const bounds = boundsOf(liveZones.peek());
  if (!found || !bounds) return null;
  const [lon = 0, lat = 0, zoom = 0] = found.slice(1).map(Number);
  const [[west, south], [east, north]] = bounds;
  const near = (n: number, low: number, high: number): boolean => n >= low - AROUND && n <= high + AROUND;
  const good = near(lon, west, east) && near(lat, south, north) && zoom >= ZOOMS[0] && zoom <= ZOOMS[1];
  return good ? { lon, lat, zoom } : null;
}

/** Keep the city's address true to what is chosen, and what is chosen to an address that somebody opened. */
export function keepCityAddress(): () => void {
  let noted = shownSpot.peek();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    clearTimeout(timer);
    timer = undefined;
    noted = shownSpot.peek();
    noteCity(citySaid());
  };
  const stops = [
    effect(() => {
      const { page, query } = place.value;
      if (page === null) untracked(() => takeCity(query));
    }),
    effect(() => {
      const here = place.value.page === null;
      citySaid();
      const moved = shownSpot.value !== noted;
      if (!here) return;
      if (!moved) untracked(tell);
      else timer ??= setTimeout(tell, SOON_MS);
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
}

function citySaid(): Record<string, string> {
  const sensor = selectedSensor.value;
  return { ...choicesSaid(), ...(sensor !== null && { sensor }) };
}

function takeCity(query: URLSearchParams): void {
  takeChoices(query);
  if (!NAMES.some((name) => query.has(name))) return;
  const sensor = query.get("sensor") ?? "";
  selectedSensor.value = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$/.test(sensor) ? sensor : null;
}
