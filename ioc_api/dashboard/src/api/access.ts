/** What the API answers about people, sessions and the record of what was done. Times are RFC 3339 in UTC. */

export type Permission =
  | "read"
  | "alerts.read"
  | "alerts.act"
  | "silences.write"
  | "rules.read"
  | "rules.write"
  | "directory.write"
  | "channels.read"
  | "channels.write"
  | "sensors.write"
  | "devices.write"
  | "quarantine"
  | "system"
  | "people.read"
  | "people.write"
  | "audit.read"
  | "self";

/** Roles of people, the one that may least first. */
export const ROLES = ["viewer", "department", "operator", "technician", "administrator"] as const;
export type Role = (typeof ROLES)[number] | "wallboard";

/** A role within areas, zones and domains (empty or absent: all). */
export interface Grant {
  role: Role;
  areas?: string[];
  zones?: string[];
  domains?: string[];
  department?: string | null;
  ends_at?: string | null;
}

/** Which ways in there are. */
export interface Ways {
  password: boolean;
  oidc: { vi: string; en: string } | null;
}

export interface SignedIn {
  next: "done" | "factor" | "choose_password";
  name?: string;
  full_name?: string;
}

export interface Session {
  name: string;
  full_name: string;
  way: string;
  locked: boolean;
  /** 0 or null: never by itself */
  idle_lock_min: number | null;
  expires_at: string;
  must_enrol: boolean;
  /** whether one opens it when it is locked; else by signing in again */
  password: boolean;
}

export interface Me {
  id: number;
  name: string;
  full_name: string;
  email: string;
  language: "vi" | "en";
  way: string;
  password_at: string | null;
  factor: { on: boolean; since: string | null; recovery_left: number; required: boolean };
  grants: Grant[];
  permissions: Permission[];
}

export interface OwnSession {
  id: string;
  way: string;
  created_at: string;
  seen_at: string;
  expires_at: string;
  locked: boolean;
  address: string;
  agent: string;
  current: boolean;
}

export interface Token {
  id: number;
  name: string;
  hint: string;
  grants: Grant[];
  created_at: string;
  created_by?: string;
  expires_at: string | null;
  used_at: string | null;
  used_from: string;
  revoked_at: string | null;
  /** only in the answer that makes it */
  token?: string;
}

/** A screen's token, and whether the screen is there and draws what it is sent. */
export interface Wallboard extends Token {
  connected: boolean;
  frozen: boolean;
  /** how long the oldest frame that it got has waited to be drawn; null: it is away */
  behind_s: number | null;
}

export interface Person {
  name: string;
  full_name: string;
  email: string;
  language: "vi" | "en";
  disabled: boolean;
  password_at: string | null;
  factor: boolean;
  oidc: boolean;
  created_at: string;
  last_seen_at: string | null;
  revision: number;
  grants: Grant[];
}

export interface Entry {
  id: number;
  at: string;
  actor: string;
  account: number | null;
  way: string;
  address: string;
  action: string;
  /** the action for people */
  name: { vi: string; en: string };
  subject: string;
  outcome: "done" | "refused" | "failed";
  before: unknown;
  after: unknown;
  detail: string;
}
