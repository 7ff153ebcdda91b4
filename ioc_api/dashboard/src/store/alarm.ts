import { computed, effect, signal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { alerts, supply } from "./alerts";
import { now } from "./clock";
import { may } from "./me";
import { chime } from "./sound";

/** The sound and the sign in the window's title for what is critical and new; for those whose work it is to act. */

const MUTED = "ioc.muted_until";
/** A critical alert that nobody acknowledges sounds again. */
const AGAIN_MS = 60_000;
/** The longest that one mutes at once; a clock that was set wrong cannot mute for longer. */
const LONGEST_MS = 60 * 60_000;
export const MINUTES = [5, 15, 60] as const;

/** Milliseconds by the server's clock; 0: not muted. */
const until = signal(recall());
/** Until when, while it holds; null: it sounds. */
export const mutedUntil = computed(() =>
  until.value > now.value && until.value - now.value <= LONGEST_MS + 1_000 ? until.value : null,
);

/** Critical alerts that have come while this screen was open, and that nobody has acknowledged. */
export const news = signal<ReadonlySet<number>>(new Set());

function recall(): number {
  try {
    return Number(localStorage.getItem(MUTED)) || 0;
  } catch {
    return 0;
  }
}

/** Mute for so many minutes, in all windows of this browser; 0: sound again. */
export function mute(minutes: number): void {
  until.value = minutes === 0 ? 0 : now.peek() + minutes * 60_000;
  try {
    localStorage.setItem(MUTED, String(until.value));
  } catch {
    // A browser that keeps nothing mutes this window alone.
  }
}

const calls = (alert: Alert): boolean => alert.severity === "critical" && alert.state === "firing";

/** What is new among the alerts that are known: those that call for somebody now and did not before. */
export function fresh(before: ReadonlyMap<number, Alert>, list: ReadonlyMap<number, Alert>): number[] {
  const found: number[] = [];
  for (const alert of list.values()) {
    if (!calls(alert) || alert.incident !== null) continue;
    const known = before.get(alert.id);
    // Somebody's own "unacknowledge" is no news; that it came back after its end is.
    if (known === undefined || known.state === "resolved" || known.severity !== "critical")
      found.push(alert.id);
  }
  return found;
}

/** Listen from now on: what is there at first is no news. */
export function followAlarms(): () => void {
  let before: ReadonlyMap<number, Alert> | null = null;
  let sounded = 0;
  const stopNews = effect(() => {
    const list = alerts.value;
    if (supply.value !== "there") return;
    const come = before === null ? [] : fresh(before, list);
    before = list;
    const left = [...news.peek()].filter((id) => {
      const alert = list.get(id);
      return alert !== undefined && calls(alert);
    });
    if (come.length === 0 && left.length === news.peek().size) return;
    news.value = new Set([...left, ...come]);
    if (come.length > 0) sounded = sound();
  });
  const again = setInterval(() => {
    if (news.peek().size > 0 && now.peek() - sounded >= AGAIN_MS) sounded = sound();
  }, 5_000);
  const stopTitle = effect(() => {
    document.title = titled(news.value.size, mutedUntil.value !== null);
  });
  const heard = ({ key, newValue }: StorageEvent): void => {
    if (key === MUTED) until.value = Number(newValue) || 0;
  };
  window.addEventListener("storage", heard);
  return () => {
    clearInterval(again);
    window.removeEventListener("storage", heard);
    stopNews();
    stopTitle();
  };
}

function sound(): number {
  if (mutedUntil.peek() === null && may("alerts.act")) chime();
  return now.peek();
}

const plain = typeof document === "object" ? document.title : "";

/** The window's title with how many are new; without, while it is muted. */
export function titled(count: number, muted: boolean): string {
  return count > 0 && !muted ? `(${count}) ⚠ ${plain}` : plain;
}
