import type { Minute } from "../api/quality";

/** A part of the strip: sums of its minutes, and how many of them do not add up. */
interface Column {
  /** ms since 1970 */
  at: number;
  /** null: nothing was received */
  sums: { stored: number; duplicate: number; quarantined: number; limited: number } | null;
  wrong: number;
}

/** So many columns of equal length from one moment to another. */
export function columnsOf(minutes: readonly Minute[], from: number, to: number, count: number): Column[] {
  const long = (to - from) / count;
  const columns: Column[] = Array.from({ length: count }, (_, i) => ({
    at: from + i * long,
    sums: null,
    wrong: 0,
  }));
  for (const minute of minutes) {
    const column = columns[Math.floor((Date.parse(minute.minute) - from) / long)];
    if (column === undefined) continue;
    column.sums ??= { stored: 0, duplicate: 0, quarantined: 0, limited: 0 };
    for (const part of ["stored", "duplicate", "quarantined", "limited"] as const)
      column.sums[part] += minute[part];
    if (!minute.adds_up) column.wrong += 1;
  }
  return columns;
}
