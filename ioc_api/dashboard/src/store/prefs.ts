import { effect, signal } from "@preact/signals";

/** What this person chose for this screen; kept in the browser. */
export type Language = "vi" | "en";
export type Theme = "dark" | "light";

function recall<T extends string>(name: string, known: readonly T[], otherwise: T): T {
  try {
    const kept = localStorage.getItem(name) as T | null;
    return kept !== null && known.includes(kept) ? kept : otherwise;
  } catch {
    return otherwise;
  }
}

function recallText(name: string): string {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
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

/** Who works at this screen, as they want to be named with what they do; nobody checks it. */
export const operator = signal(recallText("ioc.operator"));

effect(() => {
  document.documentElement.lang = language.value;
  keep("ioc.language", language.value);
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  keep("ioc.theme", theme.value);
});

effect(() => keep("ioc.operator", operator.value));
