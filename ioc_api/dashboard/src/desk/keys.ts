import type { Key } from "../i18n";

/** What a key asks for. */
export const COMMANDS = [
  "down", "up", "first", "last", "open", "select", "select_all", "unfold", "acknowledge", "comment", "silence", "resolve",
  "assign", "undo", "mute", "search", "back", "help",
] as const; // biome-ignore format: one row
export type Command = (typeof COMMANDS)[number];

/** Keys by what they ask for, as they are shown in the help; the first of each is the one to remember. */
export const KEYS: Readonly<Record<Command, readonly string[]>> = {
  down: ["j", "ArrowDown"],
  up: ["k", "ArrowUp"],
  first: ["Home"],
  last: ["End"],
  open: ["Enter", "o"],
  select: ["x"],
  select_all: ["*"],
  unfold: ["e"],
  acknowledge: ["a"],
  comment: ["c"],
  silence: ["s"],
  resolve: ["r"],
  assign: ["g"],
  undo: ["u"],
  mute: ["m"],
  search: ["/"],
  back: ["Escape"],
  help: ["?"],
};

export const named = (command: Command): Key => `desk.key_${command}`;

/** Keys that are a person's own where something is focused that takes them: a button by Enter, a list by arrows. */
const OWN = new Set(["Enter", "ArrowDown", "ArrowUp", "Home", "End", " "]);

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  defaultPrevented: boolean;
}

/**
 * What a key asks for; null: nothing of ours. Keys of letters do not act while something is typed (`typing`) nor where
 * they are switched off; with Ctrl, Alt or Meta they are the browser's. `own`: what is focused takes Enter and arrows
 * itself.
 */
export function commandOf(event: Pressed, typing: boolean, own: boolean, on: boolean): Command | null {
  const { key } = event;
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey)
    return null;
  if (key === "Escape") return "back";
  if (typing || (own && OWN.has(key))) return null;
  const found = COMMANDS.find((command) =>
    KEYS[command].includes(key.length === 1 ? key.toLowerCase() : key),
  );
  if (found === undefined) return null;
  return on || key.length > 1 ? found : null;
}

/** Whether what is pressed there is text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Whether it takes Enter and arrows itself. Rows of the list are ours. */
export function isOwn(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest("button, a[href], summary, [role=group][tabindex], input") !== null;
}
