/** What the API answers about rules, departments, channels, silences and messages. Times are RFC 3339 in UTC. */
import type { Severity } from "./alerts";

/** A rule as JSON has it: docs/alerts/rules.md. Times end with `_s` and are seconds. */
export interface RuleBody {
  code: string;
  vi: string;
  en: string;
  kind: string;
  severity: Severity;
  condition: { type: string } & Record<string, unknown>;
  scope?: Record<string, string[]>;
  [field: string]: unknown;
}

export interface RuleVersion {
  code: string;
  version: number;
  enabled: boolean;
  changed_at: string;
  changed_by: string;
  note: string;
  set_aside: string | null;
  deleted_at: string | null;
  rule: RuleBody;
}

export interface ListedRule extends RuleVersion {
  /** alerts of it that are open now */
  open: number;
}

export interface WholeRule extends ListedRule {
  versions: RuleVersion[];
}

export interface Finding {
  level: "error" | "warning";
  code: string;
  where: string;
  vi: string;
  en: string;
  other: string;
  may_pass: boolean;
}

export interface Checked {
  findings: Finding[];
  fires_now: { sensors: number; reporting: number; city: number } | null;
}

export interface Count {
  alerts: number;
  raised: number;
  reopened: number;
  subjects: number;
  swings: number;
  flapped: number;
  cancelled: number;
  lost: number;
  standing: number;
  open: number;
  total_s: number;
  median_s: number | null;
  longest_s: number | null;
  per_day: number;
}

export interface Worst {
  subject: string;
  raised: number;
  total_s: number;
  peak: number | null;
  raises: { since: string; until: string | null; again: boolean }[];
}

export interface Replayed {
  since: string;
  until: string;
  report: {
    rule: string;
    scope: number;
    readings: number;
    count: Count;
    hysteresis: {
      share: number;
      clear_above: number | null;
      clear_below: number | null;
      count: Count | null;
      when: number[];
      why_vi: string;
      why_en: string;
    };
    when: number[];
    worst: Worst[];
  };
  sources: { domain: string; kept: string; since: string; until: string }[];
  notes: { code: string; vi: string; en: string }[];
  took_s: number;
}

export const DUTIES = ["handles", "supports", "informed"] as const;
export type Duty = (typeof DUTIES)[number];

export interface Changed {
  revision: number;
  changed_at: string;
  changed_by: string;
}

export interface Hours {
  days: number[];
  from: string;
  to: string;
}

export interface Contact {
  name: string;
  duty: string;
  phone: string;
  email: string;
}

export interface Pace {
  wait_s?: number | null;
  interval_s?: number | null;
  repeat_s?: number | null;
  storm?: number | null;
  escalate_s?: Record<string, number>;
}

export interface DepartmentBody {
  code: string;
  vi: string;
  en: string;
  valid_from: string | null;
  valid_to: string | null;
  hours: Hours[];
  pace: Pace;
  /** null: not for whoever asks */
  contacts: Contact[] | null;
}

export type Department = DepartmentBody & Changed;

export interface RouteBody {
  zone: string | null;
  area: string | null;
  domain: string | null;
  kind: string | null;
  severity: Severity | null;
  department: string;
  role: Duty;
}

export type Route = RouteBody & Changed & { id: number };

export interface WouldTell {
  department: string;
  vi: string;
  en: string;
  role: Duty;
  route: number | null;
  at_work: boolean;
  works_at: string | null;
  told: boolean | null;
  silence: number | null;
  channels: { id: number; name: string; kind: string; why: string | null; vi: string; en: string }[] | null;
}

export interface Channel extends Changed {
  id: number;
  department: string;
  kind: "email" | "webhook" | "cap" | "apprise";
  name: string;
  /** only in part */
  address: string;
  has_secret: boolean;
  config: Record<string, unknown>;
  severity: Severity;
  roles: Duty[];
  outside_hours: "all" | "critical" | "none";
  enabled: boolean;
}

export type Matcher = Record<string, string[]>;

export interface Silence {
  id: number;
  kind: "silence" | "maintenance";
  state: "planned" | "in_force" | "over";
  matcher: Matcher;
  reason: string;
  author: string;
  created_at: string;
  starts_at: string;
  ends_at: string;
  ended_at: string | null;
  ended_by: string | null;
  revision: number;
}

export interface Reach {
  sensors: number;
  rules: number;
  alerts: number;
}

export interface Message {
  id: number;
  department: string;
  channel: number;
  channel_name: string;
  channel_kind: string;
  kind: string;
  severity: Severity;
  state: "waiting" | "sending" | "sent" | "given_up" | "withdrawn";
  created_at: string;
  due_at: string;
  sent_at: string | null;
  attempts: number;
  error: string | null;
}

export interface Try {
  at: string;
  took_ms: number;
  outcome: "sent" | "retry" | "given_up";
  status: number | null;
  detail: string;
  retry_at: string | null;
}

export interface WholeMessage extends Message {
  tries: Try[];
  subject: string;
  text: string;
}
