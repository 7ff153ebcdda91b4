import type { Alert } from "../api/alerts";
import { AT_ONCE, type ManyActions, type ManyDone } from "../api/desk";
import { ApiError, post } from "../api/http";
import { alerts } from "./alerts";
import { type Act, takeNewer } from "./detail";
import { me } from "./me";

/** What is said with an action. */
export interface Said {
  note?: string;
  to?: string;
}

/**
 * An alert to which it was not done, and why: in both languages where the server said it in both. `unknown`: the server
 * was asked and has not answered, so that it may have been done; `unsent`: it was not asked, or refused all of it.
 */
export interface Refused {
  alert: Alert;
  why: "changed" | "refused" | "missing" | "unknown" | "unsent";
  detail: string;
  current: Alert | null;
}

/** What came of one action on some alerts: each of them is in one of the lists. */
export interface Report {
  act: Act;
  said: Said;
  /** as it was seen, and as it stands now */
  done: { before: Alert; after: Alert }[];
  refused: Refused[];
}

/** Show at once what the server has answered; the socket says the same a moment later. */
function take(list: readonly Alert[]): void {
  const known = alerts.peek();
  const next = new Map(known);
  for (const alert of list) {
    takeNewer(alert);
    const before = known.get(alert.id);
    if (before !== undefined && before.revision > alert.revision) continue;
    if (alert.state === "closed") next.delete(alert.id);
    else next.set(alert.id, alert);
  }
  if (list.length > 0) alerts.value = next;
}

/**
 * Do it to each of them as it was seen, and tell `come` how many have been asked for. Some at a time: what has been sent is done or refused, and where the server
 * cannot be reached any more the rest has not been sent; the report says which.
 */
export async function actOn(
  seen: readonly Alert[],
  what: Act,
  said: Said = {},
  come: (done: number) => void = () => {},
): Promise<Report> {
  const report: Report = { act: what, said, done: [], refused: [] };
  let broken: string | null = null;
  for (let from = 0; from < seen.length; from += AT_ONCE) {
    const part = seen.slice(from, from + AT_ONCE);
    if (broken !== null) {
      report.refused.push(...part.map((alert) => unsent(alert, broken ?? "")));
      continue;
    }
    try {
      sort(part, await ask(part, what, said), report);
      come(from + part.length);
    } catch (cause) {
      broken = reason(cause);
      const why = broken === "" ? "unknown" : "unsent";
      report.refused.push(...part.map((alert) => unsent(alert, broken ?? "", why)));
    }
  }
  take(report.done.map((one) => one.after));
  take(report.refused.flatMap((one) => (one.current ? [one.current] : [])));
  return report;
}

async function ask(part: readonly Alert[], act: Act, said: Said): Promise<ManyDone> {
  const body: ManyActions = { act, alerts: part.map(({ id, revision }) => ({ id, revision })), ...said };
  return (await post<ManyDone>("alerts/act", body)) ?? { done: [], refused: [] };
}

function sort(part: readonly Alert[], answer: ManyDone, report: Report): void {
  const before = new Map(part.map((alert) => [alert.id, alert]));
  for (const after of answer.done) {
    const seen = before.get(after.id);
    if (seen) report.done.push({ before: seen, after });
  }
  for (const { id, why, detail, current } of answer.refused) {
    const seen = before.get(id);
    if (seen) report.refused.push({ alert: seen, why, detail, current });
  }
}

/** The whole part was refused, or could not be sent. */
function reason(cause: unknown): string {
  if (cause instanceof ApiError && cause.status > 0 && cause.status < 500) return cause.detail;
  console.info(cause);
  return "";
}

const unsent = (alert: Alert, detail: string, why: "unsent" | "unknown" = "unsent"): Refused => ({
  alert,
  why,
  detail,
  current: null,
});

/**
 * How what was done can be taken back; null: it cannot. What was resolved comes back as nobody's; what somebody else had
 * acknowledged does not come back at all, for it would be as mine.
 */
export function wayBack(act: Act, before: Alert): { act: Act; said: Said } | null {
  if (act === "acknowledge") return { act: "unacknowledge", said: {} };
  if (act === "unacknowledge") {
    if (before.assigned_to !== null) return { act: "assign", said: { to: before.assigned_to } };
    const mine = before.acknowledged_by !== null && before.acknowledged_by === me.peek()?.name;
    return mine ? { act: "acknowledge", said: {} } : null;
  }
  if (act === "assign" && before.state === "firing") return { act: "unacknowledge", said: {} };
  if (act === "assign" && before.assigned_to !== null)
    return { act: "assign", said: { to: before.assigned_to } };
  return act === "resolve" ? { act: "reopen", said: {} } : null;
}

/** Take back what can be taken back, each alert as it stands since; one report of all. */
export async function undo(report: Report): Promise<Report | null> {
  const groups = new Map<string, { act: Act; said: Said; alerts: Alert[] }>();
  for (const { before, after } of report.done) {
    const way = wayBack(report.act, before);
    if (way === null) continue;
    const key = JSON.stringify(way);
    const group = groups.get(key) ?? { ...way, alerts: [] };
    groups.set(key, group);
    group.alerts.push(after);
  }
  const found: Report[] = [];
  for (const { act, said, alerts: list } of groups.values()) found.push(await actOn(list, act, said));
  const [first] = found;
  if (first === undefined) return null;
  return {
    ...first,
    done: found.flatMap((one) => one.done),
    refused: found.flatMap((one) => one.refused),
  };
}

/** Whether anything of it can be taken back. */
export function canUndo(report: Report): boolean {
  return report.done.some(({ before }) => wayBack(report.act, before) !== null);
}
