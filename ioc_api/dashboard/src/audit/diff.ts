/** What stands at a place, before and after; undefined: there is nothing there. */
export interface Difference {
  at: string;
  before: unknown;
  after: unknown;
}

type Plain = Readonly<Record<string, unknown>>;

function within(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What differs, place by place; lists are compared as a whole, since their items have no names. */
export function differences(before: unknown, after: unknown, at = ""): Difference[] {
  if (!within(before ?? {}) || !within(after ?? {}))
    return same(before, after) ? [] : [{ at, before: before ?? undefined, after: after ?? undefined }];
  const [old, now] = [(before ?? {}) as Plain, (after ?? {}) as Plain];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) => {
    const place = at === "" ? key : `${at}.${key}`;
    const [was, is] = [old[key], now[key]];
    // One side may have none of it at all: then the other is told in its parts.
    if ((within(was) || within(is)) && (was === undefined || is === undefined || (within(was) && within(is))))
      return differences(was, is, place);
    return same(was, is) ? [] : [{ at: place, before: was, after: is }];
  });
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A value as it is read. */
export function shown(value: unknown): string {
  if (value === undefined) return "–";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null))
    return value.length === 0 ? "[]" : value.join(", ");
  return JSON.stringify(value, null, 1);
}
