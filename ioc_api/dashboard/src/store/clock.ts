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
