import { computed, signal } from "@preact/signals";
import type { Permission } from "../api/access";

/** Where the address leads: `#/alerts/12` to an alert, `#/alerts` to their list; messages to departments link there. */
const fragment = signal(location.hash);

export const alertId = computed<number | null>(() => idIn(fragment.value));

/** The alert that is looked at, beside the map (`#/alerts/12`) or on the desk (`#/desk/12`); null: none. */
export const lookedAt = computed<number | null>(() => {
  const { page, name } = place.value;
  if (page !== "desk") return alertId.value;
  return name !== null && /^\d{1,18}$/.test(name) ? Number(name) : null;
});

/** Pages beside the city, and the permission that opens each. */
export const PAGES = {
  boards: "read",
  desk: "alerts.read",
  history: "read",
  replay: "read",
  rules: "rules.read",
  sensors: "read",
  quality: "read",
  handover: "alerts.read",
  account: "self",
  people: "people.read",
  wallboards: "people.read",
  audit: "audit.read",
} as const satisfies Record<string, Permission>;
export type PageName = keyof typeof PAGES;
/** Those of which an address may name a part. */
const NAMING: ReadonlySet<PageName> = new Set(["boards", "desk", "rules", "sensors", "quality", "people"]);

export interface Place {
  /** null: the city */
  page: PageName | null;
  /** what of the page: a person, a board, a tab; null: the page itself */
  name: string | null;
  /** what makes the view, so that a link reproduces it */
  query: URLSearchParams;
}

/** Where the address leads: `#/page`, `#/page/name`, `#/page/name?a=1`. */
export const place = computed(() => pageIn(fragment.value));

const CITY: Omit<Place, "query"> = { page: null, name: null };

export function pageIn(hash: string): Place {
  const [path = "", asked = ""] = splitAt(hash, "?");
  const query = new URLSearchParams(asked);
  const found = /^#\/([a-z]+)(?:\/([A-Za-z0-9][A-Za-z0-9._:@-]{0,63}))?\/?$/.exec(path);
  const page = found?.[1] ?? "";
  const name = found?.[2] ?? null;
  if (!isPage(page) || (name !== null && !NAMING.has(page))) return { ...CITY, query };
  return { page, name, query };
}

function isPage(name: string): name is PageName {
  return Object.hasOwn(PAGES, name);
}

function splitAt(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** The address of a page, for links. */
export function addressOf(page: PageName | null, name = "", query: Record<string, string> = {}): string {
  const asked = new URLSearchParams(query).toString();
  const path = page === null ? "#/" : name === "" ? `#/${page}` : `#/${page}/${name}`;
  return asked === "" ? path : `${path}?${asked}`;
}

export function go(page: PageName | null, name = "", query: Record<string, string> = {}): void {
  location.hash = addressOf(page, name, query);
  // The browser tells of it later; what is done until then is done at the new place.
  fragment.value = location.hash;
}

/** Note in the address what is shown now, so that it can be given to somebody; the way back stays as it is. */
export function note(page: PageName | null, name = "", query: Record<string, string> = {}): void {
  write(addressOf(page, name, query));
}

/** Note what is chosen of the city; the alert that is looked at there stays in the address. */
export function noteCity(query: Record<string, string>): void {
  const id = alertId.peek();
  const [, asked = ""] = splitAt(addressOf(null, "", query), "?");
  write(id === null ? addressOf(null, "", query) : asked === "" ? linkTo(id) : `${linkTo(id)}?${asked}`);
}

function write(address: string): void {
  if (address === location.hash) return;
  history.replaceState(null, "", address);
  fragment.value = address;
}

/** Whether there is something at that address: an alert, a page, or the city with something chosen. */
function leads(hash: string): boolean {
  return idIn(hash) !== null || pageIn(hash).page !== null || /^#\/\?./.test(hash);
}

/** The number of the alert that a fragment names. */
export function idIn(hash: string): number | null {
  const found = /^#\/alerts\/(\d{1,18})\/?(?:\?|$)/.exec(hash);
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
