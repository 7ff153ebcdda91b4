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
