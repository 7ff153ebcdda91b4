import { signal } from "@preact/signals";

/** Seconds until this screen locks itself, while few are left; null: not soon. */
export const locksIn = signal<number | null>(null);

/** The server is told of somebody at most so often, and people are told so long before the lock. */
const SAY_MS = 60_000;
const WARN_MS = 60_000;
const LOOK_MS = 1_000;
const INPUTS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** What is due at a moment. */
interface Due {
  say: boolean;
  lock: boolean;
  leftMs: number;
}

/** When somebody last did something here, and when the server last heard of it. Milliseconds of any one clock. */
export class Quiet {
  private lastAt: number;
  /** Those who come in are heard of by that. */
  private saidAt: number;
  private unsaid = false;

  constructor(
    private readonly limitMs: number,
    now: number,
  ) {
    this.lastAt = this.saidAt = now;
  }

  /** Somebody does something here. */
  input(now: number): void {
    this.lastAt = now;
    this.unsaid = true;
  }

  /** Somebody does something in another window, which tells the server itself. */
  elsewhere(now: number): void {
    this.lastAt = Math.max(this.lastAt, now);
    this.saidAt = now;
    this.unsaid = false;
  }

  /** Whoever did something after the server was told is told of later: it must not lock before this screen. */
  look(now: number): Due {
    const leftMs = this.limitMs > 0 ? this.lastAt + this.limitMs - now : Number.POSITIVE_INFINITY;
    const lock = leftMs <= 0;
    const say = !lock && this.unsaid && now - this.saidAt >= SAY_MS;
    if (say) {
      this.saidAt = now;
      this.unsaid = false;
    }
    return { say, lock, leftMs };
  }
}

export interface Idle {
  stop(): void;
  elsewhere(): void;
}

/** Watch for real input from now on; `minutes` 0: never lock. */
export function watchIdle(minutes: number, say: () => void, lock: () => void): Idle {
  const quiet = new Quiet(minutes * 60_000, Date.now());
  const input = (event: Event): void => {
    // A page cannot keep itself open: only what a person does counts.
    if (event.isTrusted) quiet.input(Date.now());
  };
  for (const name of INPUTS) window.addEventListener(name, input, { passive: true, capture: true });
  // Times are compared, never counted: a machine that slept wakes up locked.
  const timer = setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
  function look(): void {
    const due = quiet.look(Date.now());
    locksIn.value = due.leftMs <= WARN_MS ? Math.max(0, Math.ceil(due.leftMs / 1000)) : null;
    if (due.say) say();
    if (due.lock) lock();
  }
  return {
    elsewhere: () => quiet.elsewhere(Date.now()),
    stop: () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      for (const name of INPUTS) window.removeEventListener(name, input, { capture: true });
      locksIn.value = null;
    },
  };
}
