import type { Signal } from "@preact/signals";
import { ApiError } from "../../api/http";

/** Run a change; where somebody was faster, keep how it stands now in `faster`. */
export async function orFaster<T, R>(faster: Signal<T | null>, work: () => Promise<R>): Promise<R> {
  try {
    const done = await work();
    faster.value = null;
    return done;
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 409)
      faster.value = (cause.problem.current as T | undefined) ?? null;
    throw cause;
  }
}

/** What I have changed since `seen`, upon how it stands `now`, field by field. */
export function onTop<T extends object>(seen: T, mine: T, now: T): T {
  const out = { ...now };
  for (const key of Object.keys(mine) as (keyof T)[])
    if (JSON.stringify(mine[key]) !== JSON.stringify(seen[key])) out[key] = mine[key];
  return out;
}
