import { type Language, language } from "../store/prefs";
import { en } from "./en";
import { type Key, vi } from "./vi";

export type { Key };

type Values = Readonly<Record<string, string | number>>;

const DICTIONARIES = { vi, en };

/** The same text in the language that is not in force, for those who cannot know that there is a switch. */
export function tOther(key: Key, values: Values = {}): { lang: Language; text: string } {
  const lang = language.value === "vi" ? "en" : "vi";
  return { lang, text: filled(DICTIONARIES[lang][key], values) };
}

/** A text of the screen in the language in force, with `{names}` filled in. */
export function t(key: Key, values: Values = {}): string {
  return filled(DICTIONARIES[language.value][key], values);
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The name of a thing of the city in the language in force, with a capital at its head. */
export function nameOf(thing: { vi: string; en: string }): string {
  const name = thing[language.value];
  return name.charAt(0).toLocaleUpperCase(language.value) + name.slice(1);
}

/** A unit as it is read here; vehicles have a word of their own in each language. */
export function unitOf(unit: string): string {
  return unit.replace(/^veh/, t("unit.vehicles"));
}
