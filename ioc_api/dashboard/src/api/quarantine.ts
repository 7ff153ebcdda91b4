/** Quarantine as the API says it (docs/api.md). Times are RFC 3339 in UTC. */

interface Seen {
  note: string;
  author: string;
  at: string;
}

/** Messages of one reason that come from the same kind of place and look alike. */
export interface Group {
  reason: string;
  shape: string;
  /** area/domain, or the topic with + for what has digits */
  pattern: string;
  form: string;
  items: number;
  readings: number;
  sensors: number;
  waiting: number;
  first: string;
  last: string;
  sample: number;
  topic: string;
  detail: string;
  sensor: string | null;
  text: string;
  seen: Seen | null;
  seen_before: Seen | null;
}

export interface Item {
  id: number;
  received_at: string;
  topic: string;
  reason: string;
  detail: string;
  sensor_id: string | null;
  readings: number;
  retained: boolean;
  bytes: number;
  text: string;
  replay_requested_at: string | null;
  replayed_at: string | null;
  replay_detail: string | null;
  shape: string | null;
  replay: number | null;
}

export interface Leaf {
  path: string;
  kind: string;
  value: string;
}

export interface WholeItem extends Item {
  payload_base64: string;
  leaves: Leaf[];
}

export interface Take {
  from: string;
  metric: string;
  factor?: number;
  add?: number;
}

/** How messages are to be read (docs/mqtt.md#a-fix). */
export interface Fix {
  values?: Take[];
  time?: { from?: string; form?: string; offset_min?: number; shift_s?: number; receipt?: boolean };
  sensor?: { id?: string; from?: string; level?: number };
  numbers?: boolean;
}

export interface Bounds {
  domain: string;
  metric: string;
  low: number;
  high: number;
}

export interface Supposed {
  registered?: boolean;
  ranges?: Bounds[];
}

export interface Tried {
  items: number;
  tried: number;
  enter: number;
  stay: number;
  stored: number;
  duplicate: number;
  wrong: number;
  why: { reason: string; detail: string; item: number; items: number; readings: number }[];
  examples: {
    item: number;
    topic: string;
    becomes: string | null;
    readings: { sensor: string; at: string; channel: string; metric: string; unit: string; value: number }[];
    faults: string[];
  }[];
}

export interface Replay {
  id: number;
  made_at: string;
  author: string;
  note: string;
  filter: Record<string, unknown>;
  fix: Record<string, unknown> | null;
  items: number;
  waiting: number;
  entered: number;
  stays: number;
  stored: number;
  duplicate: number;
  why: { detail: string; items: number }[];
}
