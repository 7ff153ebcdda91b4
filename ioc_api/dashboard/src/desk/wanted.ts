import { word } from "../alerts/words";
import type { Me } from "../api/access";
import { type Alert, type AlertState, SEVERITIES, type Severity } from "../api/alerts";
import { folded } from "./fold";

/** States in the order of work. */
export const STATES = ["firing", "acknowledged", "in_progress", "resolved", "closed"] as const;
type Shown = (typeof STATES)[number];
const OPEN: readonly Shown[] = ["firing", "acknowledged", "in_progress"];
export const SORTS = ["severity", "newest", "oldest", "changed", "place", "department"] as const;
export type Sort = (typeof SORTS)[number];
/** Places and the like: of each at the most one. */
const CHOICES = ["area", "zone", "domain", "department", "rule"] as const;
export type Choice = (typeof CHOICES)[number];

/** Which alerts the desk shows, and in which order. */
export interface Wanted extends Record<Choice, string> {
  states: readonly Shown[];
  severities: readonly Severity[];
  mine: boolean;
  q: string;
  sort: Sort;
  /** incidents in one row */
  group: boolean;
}

export const USUAL: Wanted = {
  states: OPEN,
  severities: [],
  area: "",
  zone: "",
  domain: "",
  department: "",
  rule: "",
  mine: false,
  q: "",
  sort: "severity",
  group: true,
};

/** What an address asks for; what it does not know is left out. */
export function wantedIn(query: URLSearchParams): Wanted {
  const list = <T extends string>(name: string, known: readonly T[]): T[] =>
    known.filter((one) => (query.get(name) ?? "").split(",").includes(one));
  const states = list("state", STATES);
  const sort = query.get("sort") as Sort;
  return {
    states: states.length > 0 ? states : USUAL.states,
    severities: list("severity", SEVERITIES),
    area: query.get("area") ?? "",
    zone: query.get("zone") ?? "",
    domain: query.get("domain") ?? "",
    department: query.get("department") ?? "",
    rule: query.get("rule") ?? "",
    mine: query.get("mine") === "1",
    q: query.get("q") ?? "",
    sort: SORTS.includes(sort) ? sort : USUAL.sort,
    group: query.get("group") !== "0",
  };
}

/** The same for an address, so that a link shows the same alerts: only what is not as usual. */
export function queryOf(wanted: Wanted): Record<string, string> {
  const query: Record<string, string> = {};
  if (wanted.states.join() !== USUAL.states.join()) query.state = wanted.states.join();
  if (wanted.severities.length > 0) query.severity = wanted.severities.join();
  for (const name of CHOICES) if (wanted[name] !== "") query[name] = wanted[name];
  if (wanted.mine) query.mine = "1";
  if (wanted.q.trim() !== "") query.q = wanted.q.trim();
  if (wanted.sort !== USUAL.sort) query.sort = wanted.sort;
  if (!wanted.group) query.group = "0";
  return query;
}

/** Whether anything is asked for beyond what is open. */
export function isUsual(wanted: Wanted): boolean {
  const { sort: _sort, group: _group, ...rest } = queryOf(wanted);
  return Object.keys(rest).length === 0;
}

/** What the server is asked of those that are closed, which the socket does not tell. */
export function askedOfPast(wanted: Wanted): string {
  const query = new URLSearchParams({ state: "closed", limit: "100" });
  for (const one of wanted.severities) query.append("severity", one);
  for (const name of CHOICES) if (wanted[name] !== "") query.set(name, wanted[name]);
  return `alerts?${query}`;
}

/** Whether somebody sees to it themselves, it was given to them, or it is their department's. */
export function isMine(alert: Alert, who: Me | null): boolean {
  if (who === null) return false;
  const names = [who.name, who.full_name].map(folded).filter((name) => name !== "");
  const given = folded(alert.assigned_to ?? "");
  if (given !== "") return names.includes(given) || own(alert, who);
  return alert.acknowledged_by === who.name || own(alert, who);
}

const own = (alert: Alert, who: Me): boolean =>
  alert.department !== null && who.grants.some((grant) => grant.department === alert.department);

/** All that is searched in an alert: name, number, place, people. `places`: what its place is called here. */
export function searched(alert: Alert, places: readonly string[], department: string): string {
  const { id, vi, en, rule, kind, sensor_id, sensor_name, place, assigned_to, acknowledged_by, subject } =
    alert;
  const names = [`#${id}`, vi, en, rule, word(`kind.${kind}`, kind), sensor_id, sensor_name, place, subject];
  return folded([...names, ...places, department, assigned_to, acknowledged_by].filter(Boolean).join(" "));
}

/** Whether an alert is wanted, but for the words that are searched. */
export function matches(alert: Alert, wanted: Wanted, who: Me | null): boolean {
  if (!(wanted.states as readonly AlertState[]).includes(alert.state)) return false;
  if (wanted.severities.length > 0 && !wanted.severities.includes(alert.severity)) return false;
  if (CHOICES.some((name) => wanted[name] !== "" && alert[name] !== wanted[name])) return false;
  return !wanted.mine || isMine(alert, who);
}
