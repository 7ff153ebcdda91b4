import { signal } from "@preact/signals";
import type { Shift, Silence } from "../api/desk";
import { get, getAll } from "../api/http";
import type { Page } from "../api/types";
import { refusal } from "../parts/deed";
import { now } from "../store/clock";
import { may } from "../store/me";

/** Everything that a shift hands over, each part read by itself: one that cannot be read says so, the others stand. */

export interface Sheet {
  messages: number;
  decoded: number;
  stored: number;
  duplicate: number;
  quarantined: number;
  limited: number;
  adds_up: boolean;
}

export interface Distrusted {
  sensor_id: string;
  name: string;
  zone: string | null;
  domain: string;
  score: number | null;
  reasons: { vi: string; en: string }[];
}

export interface Out {
  sensor_id: string;
  name: string;
  zone: string | null;
  domain: string;
  place: string;
  last_seen: string | null;
}

export interface Quality {
  sensors: number;
  trusted: number;
  untrusted: number;
  unknown: number;
  worst: Distrusted[];
}

/** A part of the page: not there yet, there, or why not. */
export type Part<T> = { state: "waiting" } | { state: "there"; value: T } | { state: "failed"; why: string };

const waiting = { state: "waiting" } as const;

export const shift = signal<Part<Shift>>(waiting);
export const silences = signal<Part<Silence[]>>(waiting);
export const out = signal<Part<Out[]>>(waiting);
export const quality = signal<Part<Quality>>(waiting);
/** null: somebody may not see it */
export const balance = signal<Part<Sheet> | null>(waiting);

/** When all of it was read last; ms since 1970. */
export const readAt = signal<number | null>(null);

/** Sensors that are named of those that are out or not trusted. */
const NAMED = 40;

let asked = 0;
let spanned = "";

/** Read all of it for a span (ms since 1970). What is there of the same span stays until the new is. */
export async function read(from: number, to: number): Promise<void> {
  asked += 1;
  const mine = asked;
  const part = async <T>(into: { value: Part<T> | null }, work: () => Promise<T>): Promise<void> => {
    let found: Part<T>;
    try {
      found = { state: "there", value: await work() };
    } catch (cause) {
      found = { state: "failed", why: refusal(cause) };
    }
    if (mine === asked) into.value = found;
  };
  const span = `from=${encodeURIComponent(iso(from))}&to=${encodeURIComponent(iso(to))}`;
  if (span !== spanned) {
    // Figures of another shift do not stand under the heading of this one.
    spanned = span;
    shift.value = waiting;
    balance.value = waiting;
    readAt.value = null;
  }
  if (!may("system")) balance.value = null;
  await Promise.all([
    part(shift, () => get<Shift>(`alerts/shift?${span}`)),
    part(silences, async () => (await get<Page<Silence>>("silences")).items),
    part(
      out,
      async () => (await get<Page<Out>>(`sensors?liveness=offline&status=active&limit=${NAMED}`)).items,
    ),
    part(quality, readQuality),
    ...(may("system") ? [part(balance, () => readBalance(span))] : []),
  ]);
  if (mine === asked) readAt.value = now.peek();
}

const iso = (ms: number): string => new Date(ms).toISOString();

async function readQuality(): Promise<Quality> {
  const [zones, worst] = await Promise.all([
    getAll<{ zone: string | null; domain: string | null } & Omit<Quality, "worst">>("quality/zones"),
    get<Page<Distrusted>>(`quality?verdict=untrusted&limit=${NAMED}`),
  ]);
  const total = { sensors: 0, trusted: 0, untrusted: 0, unknown: 0 };
  for (const one of zones)
    if (one.zone === null && one.domain === null) {
      total.sensors += one.sensors;
      total.trusted += one.trusted;
      total.untrusted += one.untrusted;
      total.unknown += one.unknown;
    }
  return { ...total, worst: worst.items };
}

/** The sum of the minutes of the span. */
async function readBalance(span: string): Promise<Sheet> {
  return summed(await getAll<Sheet>(`balance?${span}&limit=1000`));
}

export function summed(minutes: readonly Sheet[]): Sheet {
  const sum: Sheet = {
    messages: 0,
    decoded: 0,
    stored: 0,
    duplicate: 0,
    quarantined: 0,
    limited: 0,
    adds_up: true,
  };
  for (const one of minutes) {
    for (const name of ["messages", "decoded", "stored", "duplicate", "quarantined", "limited"] as const)
      sum[name] += one[name];
    sum.adds_up &&= one.adds_up;
  }
  return sum;
}
