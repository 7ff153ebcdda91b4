import { computed } from "@preact/signals";
import { formatNumber } from "../format";
import type { HealthFacts } from "../live/protocol";
import { supply } from "./alerts";
import { health } from "./system";

/** How the engine of the alerts is, as everybody is told; null: it is not known. */
export const engine = computed<HealthFacts["alerts"]>(() => health.value?.alerts ?? null);

/** Whether there is a list of alerts and somebody who judges: only then does an empty one say that nothing is wrong. */
export const judged = computed(
  () => supply.value === "there" && engine.value !== null && engine.value !== "down",
);

/** What is said in the place of alerts where there is none in the list. */
export const instead = computed<
  "alerts.none" | "alerts.unknown" | "alerts.waiting" | "alerts.refused" | "alerts.forbidden"
>(() => {
  if (supply.value !== "there") return `alerts.${supply.value}`;
  return judged.value ? "alerts.none" : "alerts.unknown";
});

/** Why the list is not to be trusted; null: it is, or there is none. */
export const unjudged = computed<"alerts.down" | "alerts.unjudged" | null>(() => {
  if (supply.value !== "there" || judged.value) return null;
  return engine.value === "down" ? "alerts.down" : "alerts.unjudged";
});

/** How many alerts as it is written: none is said only by who can know it. */
export function written(count: number): string {
  const known = supply.value === "there" && (count > 0 || judged.value);
  return known ? formatNumber(count) : "–";
}
