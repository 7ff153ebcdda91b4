import { computed, signal } from "@preact/signals";

/** Where the address leads: `#/alerts/12` to an alert, `#/alerts` to their list; messages to departments link there. */
const fragment = signal(location.hash);

export const alertId = computed<number | null>(() => idIn(fragment.value));

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

/** Keep the alert that the address names for after the way in, which may be another tab of this browser. */
export function remember(now = Date.now()): void {
  if (idIn(location.hash) === null) return;
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
    return idIn(hash) !== null && age >= 0 && age < WANTED_MS ? hash : null;
  } catch {
    return null;
  }
}

/** Whoever has just come in by a link goes on to the alert that they came for. */
export function goOn(now = Date.now()): void {
  const hash = wanted(now);
  try {
    localStorage.removeItem(WANTED);
  } catch {
    return;
  }
  if (hash !== null && idIn(location.hash) === null) history.replaceState(null, "", hash);
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
