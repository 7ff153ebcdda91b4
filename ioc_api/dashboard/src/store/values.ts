import type { Alert } from "../api/alerts";
import { get } from "../api/http";
import type { Page } from "../api/types";
import { alerts, isOpen } from "./alerts";
import { connection } from "./system";

/** The socket tells what happened to alerts; while one goes on its value moves without that anything happens. */
const LOOK_MS = 15_000;

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

/** The question for open alerts that have changed since the newest change that is known; null: there are none. */
export function question(list: Iterable<Alert>): string | null {
  let since = "";
  let open = false;
  for (const alert of list) {
    if (since === "" || when(alert) > Date.parse(since)) since = alert.changed_at;
    open ||= isOpen(alert);
  }
  if (!open) return null;
  const states = ["firing", "acknowledged", "in_progress"].map((state) => `state=${state}`).join("&");
  return `alerts?${states}&changed_since=${encodeURIComponent(since)}&limit=1000`;
}

/** Look from time to time while somebody looks at the screen. */
export function followValues(): void {
  setInterval(() => {
    const asked = question(alerts.peek().values());
    if (asked === null || connection.peek().phase !== "live" || document.visibilityState !== "visible")
      return;
    get<Page<Alert>>(asked)
      .then((page) => refresh(page.items))
      .catch((cause) => console.info(cause));
  }, LOOK_MS);
}
