import type { Registered } from "../api/sensors";
import { language } from "../store/prefs";

/** A record as it is typed: texts, until it is sent. */
export interface Typed {
  sensor_id: string;
  name: string;
  area: string;
  zone: string;
  domain: string;
  site: string;
  place: string;
  lat: string;
  lon: string;
  interval_s: string;
  parent: string;
  metrics: string[];
  tags: string;
}

export function typedOf(sensor: Registered | null, area: string, domain: string): Typed {
  return {
    sensor_id: sensor?.sensor_id ?? "",
    name: sensor?.name ?? "",
    area: sensor?.area ?? area,
    zone: sensor?.zone ?? "",
    domain: sensor?.domain ?? domain,
    site: sensor?.site ?? "",
    place: sensor?.place ?? "",
    lat: numberText(sensor?.lat),
    lon: numberText(sensor?.lon),
    interval_s: numberText(sensor?.interval_s),
    parent: sensor?.parent ?? "",
    metrics: sensor?.metrics ?? [],
    tags: (sensor?.tags ?? []).join(" "),
  };
}

/** A number as it is typed here. */
export function numberText(value: number | null | undefined): string {
  return value === null || value === undefined
    ? ""
    : String(value).replace(".", language.value === "vi" ? "," : ".");
}

/** A number with a decimal point or comma; null where nothing is typed, NaN where it is none. */
export function numberIn(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return null;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
}

/** What is not right before it is sent: the field, or null. The API looks at the rest. */
export function wrongIn(typed: Typed): "sensor_id" | "lat" | "lon" | "interval_s" | "position" | null {
  if (!/^[A-Za-z0-9._:-]{1,64}$/.test(typed.sensor_id.trim())) return "sensor_id";
  for (const field of ["lat", "lon", "interval_s"] as const)
    if (Number.isNaN(numberIn(typed[field]))) return field;
  if ((numberIn(typed.lat) === null) !== (numberIn(typed.lon) === null)) return "position";
  return null;
}

/** The record for the API, without its id. */
export function bodyOf(typed: Typed): Record<string, unknown> {
  return {
    name: typed.name.trim(),
    area: typed.area,
    zone: typed.zone === "" ? null : typed.zone,
    domain: typed.domain,
    site: typed.site.trim(),
    place: typed.place.trim(),
    lat: numberIn(typed.lat),
    lon: numberIn(typed.lon),
    interval_s: numberIn(typed.interval_s) ?? 0,
    parent: typed.parent.trim(),
    metrics: typed.metrics,
    tags: typed.tags.split(/\s+/).filter((word) => word !== ""),
  };
}

/** Of a record what was changed since it was read: what others have changed meanwhile stays theirs. */
export function changesOf(before: Typed, now: Typed): Record<string, unknown> {
  const [was, is] = [bodyOf(before), bodyOf(now)];
  return Object.fromEntries(
    Object.entries(is).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(was[field])),
  );
}
