import type { Me } from "../api/access";
import type { Alert } from "../api/alerts";
import type { Matcher } from "../api/desk";

/** How much of an alert's like is muted with it: the rule there, all that is there, or the rule in its whole ward. */
export const REACHES = ["same", "place", "zone"] as const;
export type Wide = (typeof REACHES)[number];

/** A list of a matcher has at the most so many. */
const MOST = 100;

/** Where an alert is, as a matcher says it. */
function where(alert: Alert): Matcher {
  const [kind = "", name = ""] = alert.subject.split(/\/(.*)/s);
  if (kind === "parent") return { parent: [name] };
  if (alert.sensor_id !== null) return { sensor: [alert.sensor_id] };
  if (alert.zone !== null) return { zone: [alert.zone] };
  return alert.area === "" ? {} : { area: [alert.area] };
}

/** The department for which alone somebody may mute: who acts for one has to name it. */
function bound(who: Me | null): string[] {
  const grants = who?.grants.filter((one) => one.role !== "viewer") ?? [];
  const departments = grants.flatMap((one) =>
    one.role === "department" && one.department ? [one.department] : [],
  );
  return departments.length === grants.length ? departments : [];
}

/**
 * The matchers that mute these alerts, and no more than was chosen: all lists of a matcher hold at once, so that alerts
 * of different rules or kinds of places need one each.
 */
export function matchersOf(list: readonly Alert[], wide: Wide, who: Me | null): Matcher[] {
  const groups = new Map<string, { field: keyof Matcher; rule: string | null; values: Set<string> }>();
  for (const alert of list) {
    const at: Matcher = wide === "zone" && alert.zone !== null ? { zone: [alert.zone] } : where(alert);
    const [field = "rule", values = [alert.rule]] =
      (Object.entries(at) as [keyof Matcher, string[]][])[0] ?? [];
    const rule =
      field === "rule" || (wide === "place" && field !== "area" && field !== "zone") ? null : alert.rule;
    const key = `${field} ${rule ?? ""}`;
    const group = groups.get(key) ?? { field, rule, values: new Set<string>() };
    groups.set(key, group);
    for (const value of values) group.values.add(value);
  }
  const department = bound(who);
  const found: Matcher[] = [];
  for (const { field, rule, values } of groups.values()) {
    const all = [...values];
    for (let from = 0; from < all.length; from += MOST)
      found.push({
        ...(rule !== null && { rule: [rule] }),
        [field]: all.slice(from, from + MOST),
        ...(department.length > 0 && { department }),
      });
  }
  return found;
}
