import { effect, signal } from "@preact/signals";

/** What this person chose for this screen; kept in the browser. */
export type Language = "vi" | "en";
type Theme = "dark" | "light";

function recall<T extends string>(name: string, known: readonly T[], otherwise: T): T {
  try {
    const kept = localStorage.getItem(name) as T | null;
    return kept !== null && known.includes(kept) ? kept : otherwise;
  } catch {
    return otherwise;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

export const language = signal<Language>(recall("ioc.language", ["vi", "en"], "vi"));
export const theme = signal<Theme>(recall("ioc.theme", ["dark", "light"], "dark"));

/** Whether somebody has chosen a language in this browser; else it is that of who signs in. */
export function languageChosen(): boolean {
  return chosen;
}

let chosen = recall("ioc.language", ["", "vi", "en"], "") !== "";
const atFirst = language.peek();

effect(() => {
  document.documentElement.lang = language.value;
  if (!chosen && language.value === atFirst) return;
  chosen = true;
  keep("ioc.language", language.value);
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  keep("ioc.theme", theme.value);
});
