/** What the API answers to the alert desk and to the handover. Times are RFC 3339 in UTC. */
import type { Act } from "../store/detail";
import type { Alert, Severity } from "./alerts";

/** As `POST alerts/act` takes it: at the most so many alerts. */
export const AT_ONCE = 100;

export interface ManyActions {
  act: Act;
  alerts: { id: number; revision: number }[];
  note?: string;
  to?: string;
}

export interface NotDone {
  id: number;
  why: "changed" | "refused" | "missing";
  detail: string;
  current: Alert | null;
}

export interface ManyDone {
  done: Alert[];
  refused: NotDone[];
}

/** Lists of which an alert must have one of each that is not empty. */
export interface Matcher {
  rule?: string[];
  kind?: string[];
  severity?: string[];
  area?: string[];
  zone?: string[];
  domain?: string[];
  sensor?: string[];
  tag?: string[];
  parent?: string[];
  department?: string[];
}

export interface Reach {
  sensors: number;
  rules: number;
  alerts: number;
}

export interface Silence {
  id: number;
  kind: "silence" | "maintenance";
  state: "planned" | "in_force" | "over";
  matcher: Matcher;
  reason: string;
  author: string;
  starts_at: string;
  ends_at: string;
  ended_at: string | null;
  ended_by: string | null;
  revision: number;
  reach?: Reach;
}

interface AlertsOfShift {
  count: number;
  severities: Partial<Record<Severity, number>>;
  items: Alert[];
}

export interface AlertDeed {
  id: number;
  at: string;
  what: string;
  actor: string;
  note: string;
  given_to: string | null;
  alert: number;
  severity: Severity;
  rule: string;
  vi: string;
  en: string;
  sensor_id: string | null;
  zone: string | null;
  area: string;
}

export interface Shift {
  from: string;
  to: string;
  open: AlertsOfShift;
  opened: AlertsOfShift;
  ended: AlertsOfShift;
  deeds: { count: number; people: { actor: string; done: Record<string, number> }[]; items: AlertDeed[] };
}
