import type { Severity } from "../api/alerts";

/** What a chart is given. Times of lines are seconds since 1970, all else that is a moment is milliseconds. */

/** A line's colour: a slot of the palette, or a state where the line is one. */
export type Tone = number | "ok" | "late" | "off" | "major" | "info" | "dim" | "accent";

export interface Line {
  name: string;
  unit: string;
  /** s since 1970, ascending */
  times: readonly number[];
  /** null: a gap, which stays one */
  values: readonly (number | null)[];
  tone?: Tone;
  /** which of the dashes; without it, that of the slot */
  dash?: number;
  /** lowest and highest of each step, drawn as a shadow around the line */
  low?: readonly (number | null)[];
  high?: readonly (number | null)[];
  /** s between readings: where there is none for two and a half times as long, the line breaks */
  every?: number;
  /** decimals of its values; without it as many as the axis needs */
  digits?: number;
  /** drawn thin: what others are compared with */
  faint?: boolean;
  /** a value holds until the next one: a switch, a level */
  stepped?: boolean;
}

/** A horizontal line: where a rule begins to hold. */
export interface Threshold {
  value: number;
  label: string;
  severity: Severity;
  /** of the lines it belongs to; without it, the first line's */
  unit?: string;
}

/** Between two values; null: without an end. */
interface Band {
  from: number | null;
  to: number | null;
  label?: string;
  /** as the API gives it, or a custom property's name (`--ok`) */
  colour: string;
}

/** What happened then; ms since 1970, `to` null: it goes on. */
export interface Annotation {
  from: number;
  to: number | null;
  severity: Severity;
  label: string;
  href: string;
}

/** ms since 1970 */
export type Span = readonly [from: number, to: number];

export interface ChartProps {
  label: string;
  series: readonly Line[];
  thresholds?: readonly Threshold[];
  bands?: readonly Band[];
  annotations?: readonly Annotation[];
  /** what is shown; without it, as far as the lines go */
  range?: Span;
  /** a part was chosen by brush or keyboard; without it there is no brush */
  onRange?: (fromMs: number, toMs: number) => void;
  height?: number;
  /** charts of the same name share their cursor */
  sync?: string;
  /** the handle for pictures, once the chart is drawn */
  onDrawn?: (handle: ChartHandle) => void;
  /** the scale begins at this value in any case */
  floor?: number;
}

/** A finished picture of a chart, and what its lines are. */
export interface ChartHandle {
  canvas: () => HTMLCanvasElement | null;
  props: () => ChartProps;
}

/** Rows of one column of times: undefined where a line has nothing to say then, null where it has a gap. */
type Aligned = [number[], ...(number | null | undefined)[][]];

/** The lines on one axis of times. A line on its own times is copied, for uPlot wants all of one length. */
export function align(series: readonly Line[]): Aligned {
  const whole = series.map(broken);
  const first = whole[0];
  if (first === undefined) return [[]];
  if (whole.every((line) => same(line.times, first.times)))
    return [[...first.times], ...whole.flatMap((line) => columns(line).map((one) => [...one]))];
  const times = [...new Set(whole.flatMap((line) => [...line.times]))].sort((a, b) => a - b);
  const place = new Map(times.map((time, i) => [time, i]));
  const rows = whole.flatMap((line) =>
    columns(line).map((one) => {
      const row: (number | null | undefined)[] = new Array(times.length).fill(undefined);
      for (let i = 0; i < line.times.length; i++) row[place.get(line.times[i] ?? 0) ?? 0] = one[i];
      return row;
    }),
  );
  return [times, ...rows];
}

/** The rows that say something: of a time without any value the first, so that a gap is one. */
export function sayable(rows: readonly ArrayLike<number | null | undefined>[], count: number): number[] {
  const empty = (row: number): boolean => rows.every((values) => (values[row] ?? null) === null);
  const all = Array.from({ length: count }, (_, row) => row);
  return all.filter((row) => !empty(row) || (row > 0 && !empty(row - 1)));
}

/** The columns a line takes: itself, and its shadow's edges where it has one. */
function columns(line: Line): (readonly (number | null)[])[] {
  return shadowed(line) ? [line.values, line.low ?? [], line.high ?? []] : [line.values];
}

export function shadowed(line: Line): boolean {
  return line.low !== undefined && line.high !== undefined;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The same line with a null in each hole that is longer than its readings' distance allows. */
export function broken(line: Line): Line {
  const every = line.every ?? 0;
  if (every <= 0) return line;
  const holes: number[] = [];
  for (let i = 1; i < line.times.length; i++)
    if ((line.times[i] ?? 0) - (line.times[i - 1] ?? 0) > 2.5 * every) holes.push(i);
  if (holes.length === 0) return line;
  const into = <T>(list: readonly T[], what: (i: number) => T): T[] => {
    const all: T[] = [];
    let from = 0;
    for (const hole of holes) {
      for (let i = from; i < hole; i++) all.push(list[i] as T);
      all.push(what(hole));
      from = hole;
    }
    for (let i = from; i < list.length; i++) all.push(list[i] as T);
    return all;
  };
  const times = into(line.times, (i) => (line.times[i - 1] ?? 0) + every);
  const values = into<number | null>(line.values, () => null);
  return {
    ...line,
    times,
    values,
    ...(line.low && { low: into<number | null>(line.low, () => null) }),
    ...(line.high && { high: into<number | null>(line.high, () => null) }),
  };
}

/** The units of the lines, in their order; each has a scale of its own. */
export function unitsOf(series: readonly Line[]): string[] {
  return [...new Set(series.map((line) => line.unit))];
}

/**
 * The ends of a scale: what the lines span with a tenth more, zero with it where that is near, and the thresholds that
 * are near enough not to press the lines flat.
 */
export function scaleOf(
  low: number | null,
  high: number | null,
  thresholds: readonly number[],
  floor?: number,
): [number, number] {
  let from = low ?? thresholds[0] ?? 0;
  let to = high ?? thresholds[0] ?? 1;
  if (floor !== undefined) from = Math.min(from, floor);
  const span = Math.max(to - from, Math.abs(to) * 0.05, 1e-6);
  const [least, most] = [from - span, to + Math.max(span, Math.abs(to) * 0.6)];
  for (const value of thresholds)
    if (value >= least && value <= most) {
      from = Math.min(from, value);
      to = Math.max(to, value);
    }
  const room = Math.max(to - from, Math.abs(to) * 0.02, 1e-6) * 0.08;
  const zero = from >= 0 && from <= (to - from) * 0.6 + room;
  const bottom = floor !== undefined && from >= floor ? floor : zero ? 0 : from - room;
  return [bottom, to + room];
}

/** The last value of a line that is one, with its time in seconds. */
export function lastOf(line: Line): { value: number; time: number } | null {
  for (let i = line.values.length - 1; i >= 0; i--) {
    const value = line.values[i];
    if (value !== null && value !== undefined) return { value, time: line.times[i] ?? 0 };
  }
  return null;
}
