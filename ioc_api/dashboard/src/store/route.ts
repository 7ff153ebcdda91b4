import { computed, signal } from "@preact/signals";

/** Where the address leads: `#/alerts/12` to an alert, `#/alerts` to their list; messages to departments link there. */
const fragment = signal(location.hash);

export const alertId = computed<number | null>(() => idIn(fragment.value));

/** Pages beside the city. */
export const PAGES = ["account", "people", "wallboards", "audit"] as const;
export type PageName = (typeof PAGES)[number];

/** Where the address leads; `name`: of the person who is looked at. */
export const place = computed(() => pageIn(fragment.value));

export function pageIn(hash: string): { page: PageName | null; name: string | null } {
  const found = /^#\/(account|people|wallboards|audit)(?:\/([a-z0-9][a-z0-9._@-]{1,63}))?\/?$/.exec(hash);
  const page = (found?.[1] ?? null) as PageName | null;
  if (found?.[2] !== undefined && page !== "people") return { page: null, name: null };
  return { page, name: found?.[2] ?? null };
}

export function go(page: PageName, name = ""): void {
  location.hash = name === "" ? `#/${page}` : `#/${page}/${name}`;
}

/** Whether there is something at that address. */
function leads(hash: string): boolean {
  return idIn(hash) !== null || pageIn(hash).page !== null;
}

/** The number of the alert that a fragment names. */
export function idIn(hash: string): number | null {
  const found = /^#\/alerts\/(\d{1,18})\/?$/.exec(hash);
  return found ? Number(found[1]) : null;
}

export function linkTo(id: number): string {
  return `#/alerts/${id}`;
}

const WANTED = "ioc.wanted";
/** As long as the code of a link is good. */
const WANTED_MS = 3_600_000;

/** Keep what the address names for after the way in, which may be another tab of this browser. */
export function remember(now = Date.now()): void {
  if (!leads(location.hash)) return;
  try {
    localStorage.setItem(WANTED, `${now} ${location.hash}`);
  } catch {
    // A browser that keeps nothing opens on the city.
  }
}

/** The fragment that was kept, if that is not long ago. */
export function wanted(now = Date.now()): string | null {
  try {
    const [at = "", hash = ""] = (localStorage.getItem(WANTED) ?? "").split(" ");
    const age = now - Number(at);
    return leads(hash) && age >= 0 && age < WANTED_MS ? hash : null;
  } catch {
    return null;
  }
}

/** Whoever has just come in goes on to what they came for. */
export function goOn(now = Date.now()): void {
  const hash = wanted(now);
  try {
    localStorage.removeItem(WANTED);
  } catch {
    return;
  }
  if (hash !== null && !leads(location.hash)) {
    history.replaceState(null, "", hash);
    fragment.value = hash;
  }
}

/** Back to the city. */
export function leave(): void {
  location.hash = "#/";
}

/** Follow the address from now on; it may have changed by a one-time code that was taken out of it. */
export function followAddress(): void {
  const look = (): void => {
    fragment.value = location.hash;
  };
  look();
  window.addEventListener("hashchange", look);
}
