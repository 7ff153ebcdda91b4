import { SEVERITIES, type Severity } from "../api/alerts";
import type { Annotation } from "./model";

/** What happened, as signs over a chart: those that would cover each other are one sign. */
export interface Marker {
  /** px from the left of the plot */
  left: number;
  severity: Severity;
  label: string;
  href: string;
  count: number;
}

/** Fingers need so much. */
const APART_PX = 24;

export function markersIn(
  annotations: readonly Annotation[],
  place: (ms: number) => number,
  width: number,
): Marker[] {
  const inside = annotations
    .map((one) => ({
      one,
      left: Math.max(0, place(one.from)),
      right: place(one.to ?? Number.MAX_SAFE_INTEGER),
    }))
    .filter(({ left, right }) => left <= width && right >= 0)
    .sort((a, b) => a.left - b.left);
  const found: (Marker & { from: number })[] = [];
  for (const { one, left } of inside) {
    const last = found.at(-1);
    if (last && left - last.from < APART_PX) {
      last.count += 1;
      if (graver(one.severity, last.severity)) Object.assign(last, pick(one));
    } else found.push({ from: left, left: Math.round(left), count: 1, ...pick(one) });
  }
  return found.map(({ from: _, ...marker }) => marker);
}

function pick({ severity, label, href }: Annotation): Pick<Marker, "severity" | "label" | "href"> {
  return { severity, label, href };
}

function graver(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b);
}
