import type uPlot from "uplot";

/** Readings with a gap on either side are no line: they are points, even where all others are not. */
export const lonely: uPlot.Series.Points.Filter = (u, place, show) => {
  if (show) return null;
  const values = u.data[place] ?? [];
  const [from, to] = u.series[0]?.idxs ?? [0, values.length - 1];
  const found: number[] = [];
  let before: number | null = null;
  let candidate = -1;
  for (let i = from; i <= to; i++) {
    const value = values[i];
    // Nothing to say is no gap.
    if (value === undefined) continue;
    if (value === null) {
      if (candidate >= 0) found.push(candidate);
      candidate = -1;
    } else candidate = before === null ? i : -1;
    before = value;
  }
  if (candidate >= 0) found.push(candidate);
  return found;
};
