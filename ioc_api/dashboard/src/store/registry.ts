import { computed, signal } from "@preact/signals";
import { get, getAll } from "../api/http";
import type { Area, Domain, Metric, Page, Sensor, Zone } from "../api/types";

/** What the city consists of; changes seldom, and is read again when a stranger appears. */
export const areas = signal<Area[]>([]);
export const zones = signal<Zone[]>([]);
export const domains = signal<Domain[]>([]);
export const sensors = signal<ReadonlyMap<string, Sensor>>(new Map());

const PAGE = 1000;

/** The zones that exist now in an area that is operated, from west to east within their area. */
export const liveZones = computed(() => {
  const today = new Date().toISOString().slice(0, 10);
  const operated = new Set(areas.value.map((area) => area.code));
  return zones.value
    .filter((zone) => operated.has(zone.area))
    .filter((zone) => (zone.valid_from ?? "") <= today && (zone.valid_to === null || zone.valid_to >= today));
});

/** The domains that have sensors, in the registry's order with the three first ones leading. */
export const liveDomains = computed(() => {
  const present = new Set<string>();
  for (const sensor of sensors.value.values()) present.add(sensor.domain);
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
  const [areaPage, zoneList, domainPage, sensorList] = await Promise.all([
    get<Page<Area>>("areas"),
    getAll<Zone>("zones"),
    get<Page<Domain>>("domains"),
    getAll<Sensor>(`sensors?limit=${PAGE}`),
  ]);
  areas.value = areaPage.items;
  zones.value = zoneList;
  domains.value = domainPage.items;
  takeSensors(sensorList);
}

export async function loadSensors(): Promise<void> {
  takeSensors(await getAll<Sensor>(`sensors?limit=${PAGE}`));
}

function takeSensors(list: Sensor[]): void {
  const map = new Map<string, Sensor>();
  for (const sensor of list) if (sensor.status !== "retired") map.set(sensor.sensor_id, sensor);
  sensors.value = map;
}
