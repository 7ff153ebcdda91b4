/** The frames of `GET /api/v1/live`, as the contract writes them. */

export type Topic = "aggregates" | "latest" | "alerts" | "sensors" | "system" | "indices" | "counts" | "map";

/** Which items of a topic are wanted; an absent name means all. */
export type Filter = Readonly<Record<string, readonly string[]>>;

/** The part of the earth that a map shows, for the topic `map`; the server may give a little more. */
export interface View {
  west: number;
  south: number;
  east: number;
  north: number;
  zoom: number;
  /** `domain/metric` whose values are wanted with the places */
  metric: string | null;
}

/** Where a subscription stopped listening. */
export interface Since {
  epoch: string;
  seq: number;
}

/** Whatever a topic carries, it is known by its key. */
export interface Keyed {
  key: string;
}

export interface Welcome {
  type: "welcome";
  id: number;
  epoch: string;
  server_time: string;
  ping_s: number;
  health?: HealthFacts;
}

export interface Subscribed {
  type: "subscribed";
  id: number;
  sub: number;
  mode: "snapshot" | "resumed";
  epoch: string;
  seq: number;
}

export interface Snapshot {
  type: "snapshot";
  sub: number;
  seq: number;
  part: number;
  parts: number;
  items: Keyed[];
}

export interface Delta {
  type: "delta";
  sub: number;
  seq: number;
  prev: number;
  at: string;
  items: Keyed[];
  removed: string[];
}

interface Reset {
  type: "reset";
  sub: number;
  reason: string;
}

interface Ping {
  type: "ping";
  t: number;
}

/** How far the source of all readings is behind (seconds), and whether it runs; and whether alerts are judged. */
export interface HealthFacts {
  ingest_lag_s: number | null;
  source: "ok" | "degraded" | "stopped";
  /** `down`: nobody judges; null: it is not known whether anybody does */
  alerts: "ok" | "degraded" | "down" | null;
}

export interface Health extends HealthFacts {
  type: "health";
}

interface Refusal {
  type: "error";
  id?: number;
  code: string;
  message: string;
  temporary: boolean;
}

export type ServerFrame = Welcome | Subscribed | Snapshot | Delta | Reset | Ping | Health | Refusal;

/** Read one text frame; null for anything that is no frame of ours. */
export function readFrame(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null && "type" in frame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}

/** Why the server closed: come back by itself, or stay away until a person acts. */
export const STAY_AWAY: ReadonlySet<number> = new Set([4400, 4401, 4403, 4408, 4409, 4429]);

/** The server does not understand what is said: this page is of another version. */
export const MALFORMED = 4400;

/** The session is over, or locked. */
export const UNAUTHORIZED = 4401;

/** What may be seen has changed: come back, and see that. */
export const EXPIRED = 4005;

/** Closed for asking too much: come back, but not at once. */
export const TOO_FAST = 4013;

/** The replay stood still, and others waited for its place. */
export const MADE_ROOM = 4409;

/** Our own code when the server fell silent. */
export const NO_PONG = 4012;
