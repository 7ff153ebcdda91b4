import type { RuleBody } from "../../api/rules";
import { readDuration, readNumber, showDuration, showNumber } from "../amounts";
import { type FieldSpec, specsOf } from "./fields";

/** What stands in the form, by the places of its fields: text as it was typed, lists, and marks that are set or not. */
export type Draft = Readonly<Record<string, Value>>;
export type Value = string | readonly string[] | boolean;

type Plain = Record<string, unknown>;
/** Fields that JSON needs even where they are empty, so that the server says what is missing. */
const ALWAYS = new Set(["code", "vi", "en", "kind", "severity", "enabled"]);

/** The channel without a name, where no channel means each of them. */
const OWN_CHANNEL = '""';

export const NEW: Draft = {
  code: "",
  vi: "",
  en: "",
  kind: "",
  severity: "warning",
  enabled: true,
  "condition.type": "threshold",
};

export function textOf(draft: Draft, path: string): string {
  const value = draft[path];
  return typeof value === "string" ? value : "";
}

export function listOf(draft: Draft, path: string): readonly string[] {
  const value = draft[path];
  return Array.isArray(value) ? value : [];
}

/** The form of a rule as it is kept. What stands at its usual value is left empty: the form says what is usual. */
export function draftOf(body: RuleBody): Draft {
  const draft: Record<string, Value> = { "condition.type": body.condition.type };
  for (const spec of specsOf(body.condition.type)) {
    const value = written(valueAt(body, spec.path), spec);
    if (value !== null) draft[spec.path] = value;
  }
  return draft;
}

function written(value: unknown, spec: FieldSpec): Value | null {
  if (value === null || value === undefined) return null;
  if (spec.kind === "flag") return value === true;
  if (spec.kind === "codes") return Array.isArray(value) ? usualOr(value.map(String), spec) : null;
  if (spec.kind === "pairs")
    return Object.entries(value as Plain)
      .map(([key, one]) => `${key}=${one}`)
      .join(", ");
  if (value === spec.usual && spec.kind !== "choice") return null;
  if (spec.kind === "duration") return showDuration(Number(value));
  if (spec.kind === "number") return showNumber(Number(value));
  if (value === "" && spec.path === "condition.channel") return OWN_CHANNEL;
  return String(value);
}

function usualOr(list: string[], spec: FieldSpec): string[] | null {
  return list.length === 1 && list[0] === spec.usual ? null : list;
}

interface Read {
  body: RuleBody;
  /** places of what cannot be read as a number or a duration */
  unread: ReadonlyMap<string, "number" | "duration" | "pairs">;
}

/** The rule that the form says, and what of it cannot be read. */
export function bodyOf(draft: Draft): Read {
  const type = textOf(draft, "condition.type");
  const unread = new Map<string, "number" | "duration" | "pairs">();
  const body: Plain = { condition: { type } };
  for (const spec of specsOf(type)) {
    const found = readField(draft[spec.path], spec);
    if (found === undefined) {
      unread.set(spec.path, spec.kind as "number" | "duration" | "pairs");
      continue;
    }
    if (found !== null || ALWAYS.has(spec.path)) put(body, spec.path, found ?? "");
  }
  const condition = body.condition as Plain;
  if (specsOf(type).some((spec) => spec.path.startsWith("condition.levels."))) condition.levels ??= {};
  return { body: body as RuleBody, unread };
}

/** null: nothing is given; undefined: it cannot be read. */
function readField(value: Value | undefined, spec: FieldSpec): unknown {
  if (spec.kind === "flag") return value === true || null;
  if (spec.kind === "codes") return Array.isArray(value) && value.length > 0 ? value : null;
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "") return null;
  switch (spec.kind) {
    case "number":
      return readNumber(text) ?? undefined;
    case "duration":
      return readDuration(text) ?? undefined;
    case "pairs":
      return readPairs(text);
    default:
      if (text === OWN_CHANNEL) return "";
      return spec.numeric === true ? Number(text) : text;
  }
}

function readPairs(text: string): Plain | undefined {
  const pairs = text.split(",").map((part) => part.split("="));
  if (pairs.some((pair) => pair.length !== 2 || pair.some((side) => side.trim() === ""))) return undefined;
  return Object.fromEntries(pairs.map(([key = "", one = ""]) => [key.trim(), one.trim()]));
}

function valueAt(body: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null ? (at as Plain)[key] : undefined),
      body,
    );
}

function put(body: Plain, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = body;
  for (const key of keys) {
    at[key] = { ...((at[key] as Plain | undefined) ?? {}) };
    at = at[key] as Plain;
  }
  // A mark that is not set says nothing, but that of a rule that is off.
  at[last] = value === "" && path === "enabled" ? false : value;
}

function same(one: Value | undefined, other: Value | undefined): boolean {
  const empty = (value: Value | undefined): boolean =>
    value === undefined || value === "" || value === false || (Array.isArray(value) && value.length === 0);
  return (empty(one) && empty(other)) || JSON.stringify(one) === JSON.stringify(other);
}

/** The places in which two forms differ. */
export function changedPlaces(before: Draft, after: Draft): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (path) => !same(before[path], after[path]),
  );
}

/** What I have changed since `seen`, upon how it stands `now`: theirs stays where I have not touched it. */
export function rebased(seen: Draft, mine: Draft, now: Draft): Draft {
  const out: Record<string, Value> = { ...now };
  for (const path of changedPlaces(seen, mine)) {
    const value = mine[path];
    if (value === undefined) delete out[path];
    else out[path] = value;
  }
  return out;
}
