/** What the API answers about the registry, the trust in sensors and what devices hold. Times are RFC 3339 in UTC. */
import type { Sensor } from "./types";

export interface Registered extends Sensor {
  tags: string[];
}

export interface LastReading {
  metric: string;
  channel: string;
  vi: string;
  en: string;
  unit: string;
  value: number;
  time: string;
  age_s: number;
  quality: string;
}

export interface LastOfSensor {
  items: LastReading[];
  source: string;
}

export interface Credential {
  way: string;
  user_name: string;
  created_at: string;
  created_by: string;
  ends_at: string | null;
  used_at: string | null;
  used_from: string;
  revoked_at: string | null;
  state: "holds" | "ended" | "revoked" | "retired";
}

export interface Credentials {
  topic: string;
  items: Credential[];
}

export interface Issued {
  user_name: string;
  password: string;
  topic: string;
}

export interface Difference {
  sensor_id: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** What a file brings, or would bring. */
export interface Imported {
  lines: number;
  new: number;
  changed: number;
  same: number;
  kept: boolean;
  new_ids: string[];
  changes: Difference[];
}
