import { type Alert, SEVERITIES, type Severity } from "../api/alerts";
import { rank } from "../store/alerts";
import type { Span } from "./spans";

/** Places on the bar where alerts are put together. */
export const BINS = 90;

interface Bin {
  bin: number;
  severity: Severity;
  count: number;
}

/** Alerts that began near each other as one mark, of the gravest of them. */
export function binned({ from, to }: Span, alerts: readonly Alert[]): Bin[] {
  const bins = new Map<number, Bin>();
  for (const { started_at, severity } of alerts) {
    const bin = Math.floor(((Date.parse(started_at) - from) / (to - from)) * BINS);
    if (bin < 0 || bin >= BINS || !SEVERITIES.includes(severity)) continue;
    const there = bins.get(bin);
    if (!there) bins.set(bin, { bin, severity, count: 1 });
    else {
      there.count += 1;
      if (rank(severity) < rank(there.severity)) there.severity = severity;
    }
  }
  return [...bins.values()].sort((a, b) => a.bin - b.bin);
}
