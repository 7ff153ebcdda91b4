import type { Fix, Leaf, Take } from "../api/quarantine";
import type { Metric } from "../api/types";

/** A fix as it stands in the form: text as it was typed. */
export interface Draft {
  /** null: values as they are */
  values: Record<string, Line> | null;
  numbers: boolean;
  time: TimeForm;
  timeFrom: string;
  /** hours ahead of UTC */
  zone: string;
  /** hours added */
  shift: string;
  whose: "topic" | "id" | "from" | "level";
  sensor: string;
  level: string;
}

/** What becomes of one value of the message. */
export interface Line {
  /** "" : it is left out */
  metric: string;
  factor: string;
  add: string;
}

export type TimeForm = "keep" | "iso" | "s" | "ms" | "dmy" | "receipt";

export const PLAIN: Draft = {
  values: null,
  numbers: false,
  time: "keep",
  timeFrom: "ts",
  zone: "7",
  shift: "0",
  whose: "topic",
  sensor: "",
  level: "",
};

/** Fields beside the values: they are read for what they say of them. */
const ENVELOPE: ReadonlySet<string> = new Set(["ts", "quality", "period_s"]);

/** Every value with the metric that its name is that of, if it is one. */
export function linesOf(leaves: readonly Leaf[], metrics: readonly Metric[]): Record<string, Line> {
  const known = new Set(metrics.map((m) => m.name));
  const taken = new Set<string>();
  const lines: Record<string, Line> = {};
  for (const { path } of leaves) {
    if (ENVELOPE.has(path)) continue;
    const name = plain(path.slice(path.lastIndexOf(".") + 1));
    const metric = known.has(name) && !taken.has(name) ? name : "";
    taken.add(metric);
    lines[path] = { metric, factor: "1", add: "0" };
  }
  return lines;
}

const plain = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");

/** What is to be done first about messages of such values: a guess, which somebody looks at. */
export function guess(reason: string, leaves: readonly Leaf[], metrics: readonly Metric[]): Draft {
  const draft: Draft = { ...PLAIN };
  const time = leaves.find((l) => l.kind === "time without offset") ?? leaves.find((l) => l.kind === "time");
  if (reason === "bad_value") draft.numbers = leaves.some((l) => l.kind === "number in text");
  if (reason === "unknown_metric" || reason === "undecoded") draft.values = linesOf(leaves, metrics);
  if (draft.values !== null) draft.numbers = leaves.some((l) => l.kind === "number in text");
  const ts = leaves.find((l) => l.path === "ts");
  if (reason === "malformed" && time !== undefined) draft.time = "iso";
  if (reason === "too_old" && ts?.kind === "number" && Number(ts.value) < 1e11) draft.time = "s";
  if (reason === "future") {
    draft.time = "iso";
    draft.shift = "-7";
  }
  if (draft.values !== null && ts === undefined && time !== undefined) {
    draft.time = "iso";
    delete draft.values[time.path];
  }
  if (draft.time !== "keep" && time !== undefined && ts === undefined) draft.timeFrom = time.path;
  return draft;
}

/** A number as it was typed, with a comma or a point; null: it is none. */
export function numberIn(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) ? value : null;
}

/** The name of the first field that is not right. */
export class Unclear extends Error {}

/** The fix of a draft; null: messages are read as they are. Throws Unclear. */
export function fixOf(draft: Draft): Fix | null {
  const fix: Fix = {};
  if (draft.values !== null) fix.values = takes(draft.values);
  if (draft.numbers) fix.numbers = true;
  if (draft.time === "receipt") fix.time = { receipt: true };
  else if (draft.time !== "keep") {
    const shift = typed(draft.shift, "shift");
    fix.time = { from: draft.timeFrom, form: draft.time };
    if (draft.time === "iso" || draft.time === "dmy")
      fix.time.offset_min = Math.round(typed(draft.zone, "zone") * 60);
    if (shift !== 0) fix.time.shift_s = shift * 3600;
  }
  const sensor = draft.sensor.trim();
  if (draft.whose !== "topic" && draft.whose !== "level" && sensor === "") throw new Unclear("sensor");
  if (draft.whose === "id") fix.sensor = { id: sensor };
  if (draft.whose === "from") fix.sensor = { from: sensor };
  if (draft.whose === "level") fix.sensor = { level: typed(draft.level, "level") };
  return Object.keys(fix).length === 0 ? null : fix;
}

function takes(lines: Record<string, Line>): Take[] {
  const found: Take[] = [];
  for (const [from, line] of Object.entries(lines)) {
    if (line.metric === "") continue;
    const take: Take = { from, metric: line.metric };
    const factor = typed(line.factor, "factor");
    const add = typed(line.add, "add");
    if (factor === 0) throw new Unclear("factor");
    if (factor !== 1) take.factor = factor;
    if (add !== 0) take.add = add;
    found.push(take);
  }
  if (found.length === 0) throw new Unclear("values");
  return found;
}

function typed(text: string, field: string): number {
  const value = numberIn(text);
  if (value === null) throw new Unclear(field);
  return value;
}
