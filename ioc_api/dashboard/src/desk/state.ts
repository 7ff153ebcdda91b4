import { computed, signal } from "@preact/signals";
import { placeOf } from "../alerts/words";
import type { Alert } from "../api/alerts";
import type { Silence } from "../api/desk";
import type { Report } from "../store/acting";
import { alerts } from "../store/alerts";
import { departmentName } from "../store/departments";
import { type Act, detail } from "../store/detail";
import { Listed } from "../store/lists";
import { me } from "../store/me";
import { language } from "../store/prefs";
import { go, lookedAt, note, place } from "../store/route";
import { finds, wordsOf } from "./fold";
import { type Row, rowsOf } from "./rows";
import { matches, queryOf, searched, type Wanted, wantedIn } from "./wanted";

/** What the desk shows and what is being done on it, while somebody is there. */

export const wanted = computed<Wanted>(() => wantedIn(place.value.query));

/** The alert that is looked at; null: the list alone. */
export const looked = lookedAt;

/** Another view of the same desk, noted in the address. */
export function want(part: Partial<Wanted>): void {
  note("desk", place.peek().name ?? "", queryOf({ ...wanted.peek(), ...part }));
}

export function look(id: number | null): void {
  current.value = id ?? current.peek();
  const query = queryOf(wanted.peek());
  // From one alert to the next is no way that somebody wants to go back step by step.
  if (id !== null && looked.peek() !== null) note("desk", String(id), query);
  else go("desk", id === null ? "" : String(id), query);
}

/** Those that are closed, as far as they were read. */
export const past = new Listed<Alert>();
export const withPast = computed(() => wanted.value.states.includes("closed"));

/** All that are known here, by number; what the socket tells is newer than what was read. */
export const known = computed<ReadonlyMap<number, Alert>>(() => {
  if (!withPast.value) return alerts.value;
  return new Map([...(past.items.value ?? []).map((one) => [one.id, one] as const), ...alerts.value]);
});

const placeText = (alert: Alert): string => placeOf(alert).join(" · ");
const departmentText = (alert: Alert): string => (alert.department ? departmentName(alert.department) : "");

/** What is searched in an alert, made once as long as nothing of it is another. */
const texts = new WeakMap<Alert, [string, string]>();
function textOf(alert: Alert): string {
  const made = texts.get(alert);
  if (made?.[0] === language.value) return made[1];
  const text = searched(alert, placeOf(alert), departmentText(alert));
  texts.set(alert, [language.value, text]);
  return text;
}

/** The alerts that are wanted, in no order. */
export const found = computed<readonly Alert[]>(() => {
  const which = wanted.value;
  const words = wordsOf(which.q);
  const who = me.value;
  const list: Alert[] = [];
  for (const alert of known.value.values())
    if (matches(alert, which, who) && (words.length === 0 || finds(textOf(alert), words))) list.push(alert);
  return list;
});

/** Incidents that lie open. */
export const unfolded = signal<ReadonlySet<number>>(new Set());

export const rows = computed<readonly Row[]>(() => {
  const { sort, group } = wanted.value;
  return rowsOf(found.value, sort, { place: placeText, department: departmentText }, group, unfolded.value);
});

/** The row that keys act on. */
export const current = signal<number | null>(null);
/** Rows that were chosen, by number; of those that are not in the list any more none is acted on. */
export const ticked = signal<ReadonlySet<number>>(new Set());

export const chosen = computed<readonly Alert[]>(() =>
  ticked.value.size === 0 ? [] : found.value.filter((alert) => ticked.value.has(alert.id)),
);

/** What an action is for: that one, or what was chosen, or the alert that is looked at, or the row. */
export function targets(only: number | null = null): Alert[] {
  if (only === null && chosen.peek().length > 0) return [...chosen.peek()];
  const id = only ?? looked.peek() ?? current.peek();
  const one = id === null ? undefined : known.peek().get(id);
  // One that is closed is in no list, unless these are looked for.
  const whole = detail.peek()?.whole;
  const newer = whole !== undefined && whole.id === id && whole.revision > (one?.revision ?? 0) ? whole : one;
  return newer ? [newer] : [];
}

/** What an act has made of those that are closed: the socket does not tell it. */
export function learnPast(list: readonly Alert[]): void {
  const old = past.items.peek();
  if (old === null || list.length === 0) return;
  const ids = new Set(list.map((one) => one.id));
  past.items.value = [
    ...list.filter((one) => one.state === "closed"),
    ...old.filter((one) => !ids.has(one.id)),
  ];
}

/** Choose a row or leave it; of a folded incident all that lies under it as well. */
export function tick(row: Row, on = !ticked.peek().has(row.alert.id)): void {
  const next = new Set(ticked.peek());
  const folded = !unfolded.peek().has(row.alert.id);
  for (const one of folded ? [row.alert, ...row.within] : [row.alert]) {
    if (on) next.add(one.id);
    else next.delete(one.id);
  }
  ticked.value = next;
}

/** What is being asked for in a dialog, for the alerts as they were seen when it was opened. */
export type Asked = { what: Act | "silence"; list: Alert[] };
export const asked = signal<Asked | null>(null);
export const helping = signal(false);
export const busy = signal(false);
/** How far an act on many has come; null: none is under way that takes long. */
export const progress = signal<{ done: number; all: number } | null>(null);

/** What came of the last act, until it is put away. */
export type Told =
  | { kind: "acts"; report: Report; again: boolean }
  | { kind: "silences"; made: Silence[]; failed: string[]; unknown: number; ended: boolean };
export const told = signal<Told | null>(null);

/** ms for which what was done can be taken back, while nobody is at it with pointer or focus. */
const UNDO_MS = 15_000;
/** Until when what is told can be taken back; ms since 1970. */
export const undoUntil = signal(0);

/** Tell what came of an act; from now on it can be taken back for a while. */
export function tell(next: Told): void {
  undoUntil.value = Date.now() + UNDO_MS;
  told.value = next;
}

const KEYS = "ioc.keys";
/** Whether keys of letters act; off for those who would press them by accident (WCAG 2.1.4). */
export const keysOn = signal(recall());

function recall(): boolean {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}

export function switchKeys(on: boolean): void {
  keysOn.value = on;
  try {
    localStorage.setItem(KEYS, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing has them on the next time.
  }
}
