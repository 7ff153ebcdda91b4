import type { Line, Tone } from "./model";

/** Lines are told apart by colour and by dash: seven of one and four of the other make 28 that differ in both. */
export const COLOURS = 7;
export const DASHES: readonly (readonly number[])[] = [[], [9, 4], [3, 3], [12, 3, 3, 3]];

const STATES: Readonly<Record<Exclude<Tone, number>, string>> = {
  ok: "--ok",
  late: "--late",
  off: "--off",
  major: "--major",
  info: "--info",
  dim: "--dim",
  accent: "--accent",
};

/** The custom property that holds the colour of a line; `slot` is its place among the lines. */
export function colourName(line: Line, slot: number): string {
  const tone = line.tone ?? slot;
  return typeof tone === "number" ? `--series-${((tone % COLOURS) + COLOURS) % COLOURS}` : STATES[tone];
}

export function dashOf(line: Line, slot: number): readonly number[] {
  const tone = line.tone ?? slot;
  const place = line.dash ?? (typeof tone === "number" ? tone : 0);
  return DASHES[place % DASHES.length] ?? [];
}

/** The values of custom properties as they are in the theme in force. */
export function paints(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  const known = new Map<string, string>();
  return (name) => {
    if (!name.startsWith("--")) return name;
    const found = known.get(name) ?? (style.getPropertyValue(name).trim() || "#888");
    known.set(name, found);
    return found;
  };
}

/** The family the page is written in, for canvases. */
export function fontOf(element: Element, size: number, weight = 400): string {
  return `${weight} ${size}px ${getComputedStyle(element).fontFamily}`;
}
