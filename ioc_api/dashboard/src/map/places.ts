import type { Alert } from "../api/alerts";
import type { Zone } from "../api/types";
import { type Entry, rank } from "../store/alerts";

/** Where alerts are on the map: those of one place together, told by the gravest of them. */
export interface AlertPlace {
  key: string;
  lon: number;
  lat: number;
  /** the gravest, of equals the one that nobody has acknowledged */
  alert: Alert;
  /** how many alerts there are here, those of an incident counted too */
  count: number;
  /** nobody has acknowledged one of them */
  unseen: boolean;
  /** somewhere in that ward or area, it is not known where */
  rough: boolean;
}

type Point = [lon: number, lat: number];

/** Marks that are drawn at the most, the gravest of all: beyond that a map says nothing. */
export const MOST = 150;

/** The middle of points, or null of none. */
function middle(points: readonly Point[]): Point | null {
  const sum = points.reduce<Point>(([x, y], [lon, lat]) => [x + lon, y + lat], [0, 0]);
  return points.length === 0 ? null : [sum[0] / points.length, sum[1] / points.length];
}

/** One mark for each place, the gravest first. An incident is where its own alert is. */
export function placesOf(entries: readonly Entry[], zones: readonly Zone[]): AlertPlace[] {
  const places = new Map<string, AlertPlace>();
  for (const { alert, children } of entries) {
    const found = whereIs(alert, zones);
    if (!found) continue;
    const [at, rough] = found;
    const key = at.map((n) => n.toFixed(5)).join("/");
    const unseen = [alert, ...children].some((one) => one.state === "firing");
    const before = places.get(key);
    const graver = !before || order(alert, before.alert) < 0;
    places.set(key, {
      key,
      lon: at[0],
      lat: at[1],
      alert: graver ? alert : before.alert,
      count: (before?.count ?? 0) + 1 + children.length,
      unseen: unseen || (before?.unseen ?? false),
      rough,
    });
  }
  return [...places.values()].sort((a, b) => order(a.alert, b.alert)).slice(0, MOST);
}

/** A ward's name stands at its middle: what is only known to be there stands so many pixels above it. */
export const LIFT = 30;

/** Marks that would lie on each other are one, told by the gravest: `at` is where a place is on the screen, in pixels. */
export function gather(
  places: readonly AlertPlace[],
  at: (place: AlertPlace) => { x: number; y: number },
  reach: number,
): AlertPlace[] {
  const found: { place: AlertPlace; x: number; y: number }[] = [];
  for (const place of places) {
    const { x, y } = at(place);
    const near = found.find((one) => Math.hypot(one.x - x, one.y - y) < reach);
    if (near)
      near.place = {
        ...near.place,
        count: near.place.count + place.count,
        unseen: near.place.unseen || place.unseen,
      };
    else found.push({ place, x, y });
  }
  return found.map(({ place }) => place);
}

function order(a: Alert, b: Alert): number {
  return (
    rank(a.severity) - rank(b.severity) ||
    Number(b.state === "firing") - Number(a.state === "firing") ||
    b.id - a.id
  );
}

/** Where an alert says that it is; else the middle of its ward or area. */
function whereIs(alert: Alert, zones: readonly Zone[]): [Point, boolean] | null {
  if (alert.lon !== null && alert.lat !== null) return [[alert.lon, alert.lat], false];
  const zone = zones.find((z) => z.code === alert.zone);
  if (zone) return [[zone.lon, zone.lat], true];
  const area = middle(zones.filter((z) => z.area === alert.area).map((z): Point => [z.lon, z.lat]));
  return area && [area, true];
}
