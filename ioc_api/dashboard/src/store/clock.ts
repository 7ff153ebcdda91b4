import { signal } from "@preact/signals";

/** Milliseconds since the epoch by the server's clock, renewed at each full second. Everything that ages reads it. */
export const now = signal(Date.now());

let aheadMs = 0;

/** Take the server's time as the truth; a wall's own clock may be minutes off. */
export function trustServer(serverTime: string, receivedAt: number): void {
  const server = Date.parse(serverTime);
  if (Number.isFinite(server)) aheadMs = server - receivedAt;
  now.value = Date.now() + aheadMs;
}

/** More than the way of a message can take. */
const STEP_MS = 2_000;

/** What the last message said against our time, where it could also have been late. */
let doubt = Number.NaN;

/**
 * This machine's clock may be set while the connection lasts: then the difference is another. Milliseconds. A message may
 * be late and never early: that we are ahead is believed of two that say the same.
 */
export function keepTo(server: number, receivedAt: number): void {
  const off = server - receivedAt - aheadMs;
  const again = Math.abs(off - doubt) < STEP_MS;
  doubt = off;
  if (Math.abs(off) < STEP_MS || (off < 0 && !again)) return;
  aheadMs += off;
  doubt = Number.NaN;
  now.value = Date.now() + aheadMs;
}

/** A moment of the local clock (milliseconds), told by the server's. */
export function byServer(local: number): number {
  return local + aheadMs;
}

export function startClock(): void {
  const tick = (): void => {
    now.value = Date.now() + aheadMs;
    setTimeout(tick, 1000 - (now.value % 1000));
  };
  tick();
}
