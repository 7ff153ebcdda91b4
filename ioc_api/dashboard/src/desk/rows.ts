import type { Alert } from "../api/alerts";
import { rank } from "../store/alerts";
import type { Sort } from "./wanted";

/** A row of the desk: an alert, how deep it lies under an incident, and those that lie under it. */
export interface Row {
  alert: Alert;
  depth: 0 | 1;
  within: readonly Alert[];
}

/** What a row is called where rows are sorted by words. */
export interface Names {
  place: (alert: Alert) => string;
  department: (alert: Alert) => string;
}

const newer = (a: Alert, b: Alert): number =>
  a.started_at === b.started_at ? b.id - a.id : a.started_at < b.started_at ? 1 : -1;

const collator = new Intl.Collator("vi", { numeric: true });

/** Places of the names among each other: to compare texts costs much, and there are few of them. */
function placesOf(list: readonly Alert[], name: (alert: Alert) => string): (alert: Alert) => number {
  const texts = new Map(list.map((alert) => [alert.id, name(alert)]));
  const sorted = [...new Set(texts.values())].sort(collator.compare);
  const places = new Map(sorted.map((text, place) => [text, place]));
  return (alert) => places.get(texts.get(alert.id) ?? "") ?? sorted.length;
}

function comparing(by: Sort, names: Names, list: readonly Alert[]): (a: Alert, b: Alert) => number {
  const text = (of: (alert: Alert) => string) => {
    const at = placesOf(list, of);
    return (a: Alert, b: Alert) => at(a) - at(b) || rank(a.severity) - rank(b.severity) || newer(a, b);
  };
  switch (by) {
    case "newest":
      return newer;
    case "oldest":
      return (a, b) => newer(b, a);
    case "changed":
      return (a, b) => Date.parse(b.changed_at) - Date.parse(a.changed_at) || newer(a, b);
    case "place":
      return text(names.place);
    case "department":
      return text(names.department);
    default:
      return (a, b) => rank(a.severity) - rank(b.severity) || newer(a, b);
  }
}

/** The alert of the list that speaks for this one in the end, or itself; a circle speaks for nobody. */
function speaker(alert: Alert, among: ReadonlyMap<number, Alert>): Alert {
  let at = alert;
  const met = new Set([at.id]);
  while (at.incident !== null) {
    const next = among.get(at.incident);
    if (!next) break;
    if (met.has(next.id)) return alert;
    met.add(next.id);
    at = next;
  }
  return at;
}

/**
 * Rows in their order. Where incidents are grouped, those that an alert of the list speaks for lie under it, shown where
 * it is unfolded, and by severity an incident is as grave as the gravest in it.
 */
export function rowsOf(
  list: readonly Alert[],
  by: Sort,
  names: Names,
  group: boolean,
  unfolded: ReadonlySet<number>,
): Row[] {
  const compare = comparing(by, names, list);
  if (!group) return [...list].sort(compare).map((alert) => ({ alert, depth: 0, within: [] }));
  const among = new Map(list.map((alert) => [alert.id, alert]));
  const heads: Alert[] = [];
  const under = new Map<number, Alert[]>();
  for (const alert of list) {
    const head = speaker(alert, among);
    if (head === alert) heads.push(alert);
    else put(under, head.id, alert);
  }
  const gravity = (alert: Alert): number =>
    (under.get(alert.id) ?? []).reduce((least, c) => Math.min(least, rank(c.severity)), rank(alert.severity));
  const first = by === "severity" ? (a: Alert, b: Alert) => gravity(a) - gravity(b) : () => 0;
  heads.sort((a, b) => first(a, b) || compare(a, b));
  const rows: Row[] = [];
  for (const alert of heads) {
    const within = (under.get(alert.id) ?? []).sort(compare);
    rows.push({ alert, depth: 0, within });
    if (unfolded.has(alert.id))
      rows.push(...within.map((child) => ({ alert: child, depth: 1 as const, within: [] })));
  }
  return rows;
}

/** The rows that are drawn of so many of that height: [first, one after the last]; some more on both sides. */
export function drawn(
  count: number,
  height: number,
  top: number,
  bottom: number,
  more = 8,
): [number, number] {
  const first = Math.max(0, Math.floor(top / height) - more);
  const last = Math.min(count, Math.ceil(bottom / height) + more);
  return first < last ? [first, last] : [0, Math.min(count, 2 * more)];
}

function put<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
