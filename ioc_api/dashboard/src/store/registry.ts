import { computed, signal } from "@preact/signals";
import { get, getAll } from "../api/http";
import type { Area, Domain, Metric, Page, Zone } from "../api/types";
import { now } from "./clock";
import { counts } from "./counts";

/** What the city consists of; changes seldom. Sensors are never read all together: `counts` says how many there are. */
export const areas = signal<Area[]>([]);
export const zones = signal<Zone[]>([]);
export const domains = signal<Domain[]>([]);

const CITY_MS = 7 * 3_600_000;
const minute = computed(() => Math.floor(now.value / 60_000));

/** The city's day, as the registry writes days. */
const today = computed(() => new Date(minute.value * 60_000 + CITY_MS).toISOString().slice(0, 10));

/** The zones that exist now in an area that is operated, from west to east within their area. */
export const liveZones = computed(() => {
  const day = today.value;
  const operated = new Set(areas.value.map((area) => area.code));
  return zones.value
    .filter((zone) => operated.has(zone.area))
    .filter((zone) => (zone.valid_from ?? "") <= day && (zone.valid_to === null || zone.valid_to >= day));
});

/** The domains that have sensors, in the registry's order with the three first ones leading. */
export const liveDomains = computed(() => {
  const present = counts.domains.value ?? new Set();
  const lead = ["traffic", "environment", "lighting"];
  const rank = (domain: Domain): number => {
    const place = lead.indexOf(domain.code);
    return place < 0 ? lead.length : place;
  };
  return domains.value.filter((d) => present.has(d.code)).sort((a, b) => rank(a) - rank(b));
});

export const metricsOf = computed(() => {
  const known = new Map<string, Metric>();
  for (const domain of domains.value)
    for (const metric of domain.metrics) known.set(`${domain.code}/${metric.name}`, metric);
  return known;
});

/** Read everything; throws ApiError, and leaves what was known as it was. */
export async function loadRegistry(): Promise<void> {
  const [areaPage, zoneList, domainPage] = await Promise.all([
    get<Page<Area>>("areas"),
    getAll<Zone>("zones"),
    get<Page<Domain>>("domains"),
  ]);
  areas.value = areaPage.items;
  zones.value = zoneList;
  domains.value = domainPage.items;
}
