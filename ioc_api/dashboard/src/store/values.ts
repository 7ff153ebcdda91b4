import type { Alert } from "../api/alerts";
import { getAll } from "../api/http";
import { alerts, begun, isOpen } from "./alerts";
import { now } from "./clock";
import { phase } from "./phase";
import { connection } from "./system";

/** The socket tells what happened to alerts; while one goes on its value moves without that anything happens. */
const LOOK_MS = 15_000;
/** Clocks differ, and what is written is to be read a little later. */
const OVERLAP_MS = 30_000;

/** Times have as many decimals as they need: as text they do not compare. */
const when = (alert: Alert): number => Date.parse(alert.changed_at);

/** Take alerts as they were read, but for those of which the socket has told more since. */
export function refresh(items: readonly Alert[]): void {
  const known = alerts.peek();
  const fresh = items.filter((item) => {
    const before = known.get(item.id);
    if (before === undefined || item.changed_at === before.changed_at) return false;
    return item.revision >= before.revision && when(item) >= when(before);
  });
  if (fresh.length > 0) alerts.value = new Map([...known, ...fresh.map((item) => [item.id, item] as const)]);
}

/** The question for open alerts, or for those of them that have changed since then; null: there are none. */
export function question(list: Iterable<Alert>, since: string | null): string | null {
  if (![...list].some(isOpen)) return null;
  const states = ["firing", "acknowledged", "in_progress"].map((state) => `state=${state}`).join("&");
  const changed = since === null ? "" : `&changed_since=${encodeURIComponent(since)}`;
  return `alerts?${states}${changed}&limit=1000`;
}

/** Look whenever the list is told anew, and from time to time while somebody looks at the screen. */
export function followValues(): void {
  // Up to when all was read. That an alert is known to have flipped says nothing of the values of the others.
  let upTo: string | null = null;
  let list = -1;
  const look = (): void => {
    const present = begun.peek();
    const asked = question(alerts.peek().values(), list === present ? upTo : null);
    if (asked === null || !looked()) return;
    const at = new Date(now.peek() - OVERLAP_MS).toISOString();
    getAll<Alert>(asked)
      .then((items) => {
        refresh(items);
        [upTo, list] = [at, present];
      })
      .catch((cause) => console.info(cause));
  };
  setInterval(look, LOOK_MS);
  // What the topic begins with stands as of the last flips.
  begun.subscribe(look);
}

function looked(): boolean {
  return (
    phase.peek() === "open" && connection.peek().phase === "live" && document.visibilityState === "visible"
  );
}
