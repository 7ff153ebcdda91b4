import { computed, signal } from "@preact/signals";
import { headlineMetrics } from "../city/headline";
import { now } from "../store/clock";
import { domains } from "../store/registry";
import { go, note, place } from "../store/route";
import { queryOf, spanOf, type View, viewIn } from "./view";

/** The view is what the address says, so that a link and the way back reproduce it. */
export const view = computed(() => viewIn(place.value.query));

/** The spans that were looked at before the brush was used, the last one at the end. */
const trail = signal<readonly View["span"][]>([]);
export const canGoBack = computed(() => trail.value.length > 0);

/** Look at something else; the browser's way back stays as it is. */
export function put(part: Partial<View>): void {
  note("history", "", queryOf({ ...view.peek(), ...part }));
}

/** Into a part of the span; the browser's way back leads out again. */
export function zoom(span: View["span"]): void {
  trail.value = [...trail.peek().slice(-19), view.peek().span];
  go("history", "", queryOf({ ...view.peek(), span }));
}

/** Out of the last zoom. */
export function zoomBack(): void {
  const last = trail.peek().at(-1);
  trail.value = trail.peek().slice(0, -1);
  if (last !== undefined) put({ span: last });
}

/** The span in milliseconds now, for what is done once. */
export function spanNow(): readonly [number, number] {
  return spanOf(view.peek(), now.peek());
}

/**
 * The metrics with one of that domain, if none of them is: its first figure, of those that there are (`has`; without it
 * all are).
 */
export function withMetric(
  metrics: readonly string[],
  code: string,
  has?: readonly string[],
): readonly string[] {
  const domain = domains.peek().find((one) => one.code === code);
  if (!domain) return metrics;
  const there = (name: string): boolean => has === undefined || has.includes(name);
  const mine = domain.metrics.filter((one) => there(one.name));
  if (mine.some((one) => metrics.includes(`${code}/${one.name}`))) return metrics;
  const first = headlineMetrics(domain).find((one) => there(one.name)) ?? mine[0];
  return first ? [...metrics, `${code}/${first.name}`] : metrics;
}

export function toggled(list: readonly string[], one: string): string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}
