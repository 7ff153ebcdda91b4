import { effect, signal } from "@preact/signals";
import type { Alert, WholeAlert, WhyAlert } from "../api/alerts";
import { ApiError, get, post } from "../api/http";
import { alerts } from "./alerts";
import { learn } from "./departments";
import { lookedAt } from "./route";

/** The alert that is looked at. `why` comes after it, and may never come. */
export interface Detail {
  whole: WholeAlert;
  why: WhyAlert | null;
}

export const detail = signal<Detail | null>(null);
/** Why there is none, or why it is not renewed. */
export const trouble = signal<"missing" | "unreachable" | null>(null);

/** Messages are sent without a flip: they are looked after from time to time. */
const LOOK_MS = 10_000;
const RETRY_MS = 3_000;

/** Take an alert that is newer than the one shown; what happened to it follows with the next look. */
export function takeNewer(alert: Alert): void {
  const shown = detail.peek();
  if (!shown || shown.whole.id !== alert.id || shown.whole.revision > alert.revision) return;
  const { flips, notifications } = shown.whole;
  detail.value = { ...shown, whole: { ...alert, flips, notifications } };
}

/** Keep `detail` true to the address and to what the socket tells. */
export function followDetail(): () => void {
  let look: (() => void) | null = null;
  const stopAddress = effect(() => {
    const id = lookedAt.value;
    detail.value = null;
    trouble.value = null;
    look = null;
    if (id === null) return;
    const watch = new Watch(id);
    look = () => watch.look();
    return () => watch.stop();
  });
  let seen: Alert | undefined;
  const stopNews = effect(() => {
    const id = lookedAt.value;
    const item = id === null ? undefined : alerts.value.get(id);
    if (item !== seen && id !== null) look?.();
    seen = item;
  });
  return () => {
    stopNews();
    stopAddress();
  };
}

/** Reads one alert again and again, one question at a time. */
class Watch {
  private gone = false;
  private busy = false;
  private again = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly id: number) {
    this.look();
  }

  stop(): void {
    this.gone = true;
    clearTimeout(this.timer);
  }

  look(): void {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    clearTimeout(this.timer);
    this.read().then((wait) => {
      this.busy = false;
      if (this.gone) return;
      if (this.again) {
        this.again = false;
        this.look();
      } else if (wait > 0) this.timer = setTimeout(() => this.look(), wait);
    });
  }

  /** Milliseconds until the next look; 0: never. */
  private async read(): Promise<number> {
    try {
      const whole = await get<WholeAlert>(`alerts/${this.id}`);
      if (this.gone) return 0;
      const shown = detail.peek();
      if (shown && shown.whole.revision > whole.revision) return RETRY_MS;
      detail.value = { whole, why: shown?.why ?? null };
      const why = await get<WhyAlert>(`alerts/${this.id}/why`);
      if (this.gone) return 0;
      learn(why.concerned);
      detail.value = { whole: detail.peek()?.whole ?? whole, why };
      trouble.value = null;
      return LOOK_MS;
    } catch (cause) {
      if (this.gone) return 0;
      const missing = cause instanceof ApiError && (cause.status === 404 || cause.status === 422);
      trouble.value = missing ? "missing" : "unreachable";
      return missing ? 0 : RETRY_MS;
    }
  }
}

export type Act = "acknowledge" | "unacknowledge" | "assign" | "comment" | "resolve" | "close" | "reopen";

/** What came of an action; `conflict`: somebody was faster, and `current` is how it stands now. */
export type Outcome =
  | { kind: "done" }
  | { kind: "conflict"; current: Alert | null }
  | { kind: "refused"; text: string }
  /** no answer: it may have been done */
  | { kind: "failed" };

/** Do it to the alert as it was seen. */
export async function act(seen: Alert, what: Act, said: Record<string, string>): Promise<Outcome> {
  try {
    const now = await post<Alert>(`alerts/${seen.id}/${what}`, { revision: seen.revision, ...said });
    if (now) takeNewer(now);
    return { kind: "done" };
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.unanswered) return { kind: "failed" };
    if (cause.status === 409) {
      const current = (cause.problem.current ?? null) as Alert | null;
      if (current) takeNewer(current);
      return { kind: "conflict", current };
    }
    return { kind: "refused", text: String(cause.problem.detail ?? cause.message) };
  }
}
