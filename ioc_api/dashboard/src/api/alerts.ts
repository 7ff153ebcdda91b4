/** What the API answers about alerts, as far as this screen reads it. Times are RFC 3339 in UTC. */

/** The gravest first. */
export const SEVERITIES = ["critical", "major", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type AlertState = "pending" | "firing" | "acknowledged" | "in_progress" | "resolved" | "closed";

/** An item of the topic `alerts`, and of `GET alerts`. `key` is its number as text. */
export interface Alert {
  key: string;
  id: number;
  revision: number;
  rule: string;
  rule_version: number;
  vi: string;
  en: string;
  kind: string;
  severity: Severity;
  state: AlertState;
  /** what the readings say; lost: they have ceased */
  condition: "breach" | "clearing" | "clear" | "lost";
  subject: string;
  area: string;
  zone: string | null;
  domain: string | null;
  sensor_id: string | null;
  sensor_name: string | null;
  place: string | null;
  lat: number | null;
  lon: number | null;
  channel: string | null;
  department: string | null;
  started_at: string;
  cleared_at: string | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  assigned_at: string | null;
  assigned_to: string | null;
  resolved_at: string | null;
  resolved_by: string | null;
  closed_at: string | null;
  closed_by: string | null;
  value: number | null;
  value_at: string | null;
  peak: number | null;
  peak_at: string | null;
  threshold: number | null;
  unit: string;
  /** null: an operating threshold, which is no legal limit */
  legal_basis: string | null;
  flapping: boolean;
  raises: number;
  retroactive: boolean;
  /** the alert that speaks for this one */
  incident: number | null;
  escalation: number;
  changed_at: string;
}

export interface Flip {
  id: number;
  at: string;
  what: string;
  from: AlertState | null;
  to: AlertState;
  value: number | null;
  threshold: number | null;
  actor: string;
  note: string;
  facts: Record<string, unknown>;
}

export interface Told {
  id: number;
  department: string;
  channel_name: string;
  channel_kind: string;
  kind: string;
  state: "waiting" | "sending" | "sent" | "given_up" | "withdrawn";
  created_at: string;
  due_at: string;
  sent_at: string | null;
  attempts: number;
  error: string | null;
  said: string | null;
}

export interface WholeAlert extends Alert {
  flips: Flip[];
  notifications: Told[];
}

export interface Muting {
  at: string;
  department: string | null;
  channel_name: string | null;
  why: string;
  vi: string;
  en: string;
  held: boolean;
  over_at: string | null;
  silence: { id: number; reason: string; author: string; ends_at: string } | null;
}

/** What a rule looks for, as far as it is shown here. */
export interface Condition {
  type: string;
  metric?: string;
  of?: "sensor" | "zone" | "area";
  window_s?: number;
}

export interface WhyAlert {
  rule: {
    code: string;
    version: number;
    condition: Condition | null;
    for_s: number | null;
    made_by: string | null;
    made_at: string | null;
    note: string | null;
    version_now: number | null;
    advice_vi: string | null;
    advice_en: string | null;
  };
  before: { in_30_days: number; last: { id: number; started_at: string; resolved_at: string | null }[] };
  concerned: { department: string; role: string; vi: string; en: string }[];
  muted: Muting[];
}
