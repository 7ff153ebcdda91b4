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

/** Of a text that has both languages around a stroke ("vi / en") the one that is read here, and the other. Which part of
 * a question was wrong ("query.step: ") stands once before both, and is for programs. */
export function halves(text: string): [string, { lang: Language; text: string } | null] {
  const [first, second, ...more] = text.replace(PLACE, "").split(" / ");
  if (first === undefined || second === undefined || more.length > 0) return [text, null];
  const [said, other] = language.value === "vi" ? [first, second] : [second, first];
  return [sentence(said), { lang: language.value === "vi" ? "en" : "vi", text: sentence(other) }];
}

/** The one that is read here. */
export function half(text: string): string {
  return halves(text)[0];
}

const PLACE = /^(?:query|body|path|header)(?:\.[\w[\]-]+)*: /;

function sentence(text: string): string {
  const said = text.trim();
  return said.charAt(0).toLocaleUpperCase() + said.slice(1);
}
