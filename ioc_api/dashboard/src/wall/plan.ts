/** What a wall shows when, as pure functions: by its shape, its address and the clock, so that walls go together. */

type Layout = "single" | "wide" | "grid";
const SCENES = ["city", "map", "alerts", "figures"] as const;
export type SceneName = (typeof SCENES)[number];

export interface Settings {
  layout: Layout | null;
  scenes: readonly SceneName[];
  /** seconds that a scene stays */
  every: number;
  /** hours of the city's day between which it is dim; null: never */
  night: readonly [from: number, to: number] | null;
  language: "vi" | "en" | null;
  theme: "dark" | "light" | null;
}

const LONGEST_S = 3600;

/** What the address asks for; what cannot be read is as if it were not there. */
export function settingsOf(search: string): Settings {
  const asked = new URLSearchParams(search);
  const one = <T extends string>(name: string, known: readonly T[]): T | null =>
    known.find((value) => value === asked.get(name)) ?? null;
  const named = (asked.get("scenes") ?? "").split(",");
  const scenes = SCENES.filter((scene) => named.includes(scene));
  const every = Number(asked.get("every") ?? "20");
  const hours = /^(\d{1,2})-(\d{1,2})$/.exec(asked.get("night") ?? "");
  const [from, to] = hours ? [Number(hours[1]) % 24, Number(hours[2]) % 24] : [22, 5];
  return {
    layout: one("layout", ["single", "wide", "grid"] as const),
    scenes: scenes.length > 0 ? scenes : SCENES,
    every: Number.isFinite(every) && every >= 0.1 ? Math.min(every, LONGEST_S) : 20,
    night: asked.get("night") === "off" ? null : [from, to],
    language: one("lang", ["vi", "en"] as const),
    theme: one("theme", ["dark", "light"] as const),
  };
}

/** One picture at a time on 16:9; two beside each other on 21:9; four columns of screens, two high, on 4 × 2 and wider. */
export function layoutOf(wide: number, high: number): Layout {
  const ratio = wide / Math.max(1, high);
  return ratio >= 2.9 ? "grid" : ratio >= 2 ? "wide" : "single";
}

/** Which of so many is shown at that time: every wall that shows as many shows the same one. */
export function turnOf(nowMs: number, everyS: number, count: number): number {
  return count > 0 ? Math.floor(nowMs / (everyS * 1000)) % count : 0;
}

const CITY_MS = 7 * 3_600_000;

/** Whether it is night in the city (UTC+7). */
export function isNight(nowMs: number, night: Settings["night"]): boolean {
  if (night === null) return false;
  const hour = new Date(nowMs + CITY_MS).getUTCHours();
  const [from, to] = night;
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}

export interface Facts {
  phase: "connecting" | "live" | "waiting" | "stopped";
  /** when the connection was lost, by the same clock as `now`; null: it was not, or never was there */
  lostAt: number | null;
  source: "ok" | "degraded" | "stopped" | null;
  lagS: number | null;
}

export type Stale =
  | { tone: "off"; why: "lost"; since: number | null }
  | { tone: "off"; why: "stopped"; since: null }
  | { tone: "late"; why: "slow"; lagS: number };

/** A moment without a connection is not worth a word. */
const GRACE_MS = 3_000;

/** Whether what is shown is old, and why; null: it is of now. */
export function staleOf(facts: Facts, nowMs: number): Stale | null {
  if (facts.phase !== "live") {
    const brief = facts.lostAt !== null && nowMs - facts.lostAt < GRACE_MS && facts.phase !== "stopped";
    const first = facts.lostAt === null && facts.phase === "connecting";
    return brief || first ? null : { tone: "off", why: "lost", since: facts.lostAt };
  }
  if (facts.source === "stopped") return { tone: "off", why: "stopped", since: null };
  if (facts.source === "degraded") return { tone: "late", why: "slow", lagS: facts.lagS ?? 0 };
  return null;
}
