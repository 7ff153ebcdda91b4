import type { ReadonlySignal } from "@preact/signals";
import { CONDITIONS } from "../api/types";
import { mannerOf } from "../city/headline";
import { formatNumber } from "../format";
import { t, unitOf } from "../i18n";
import { Mark } from "../marks/Mark";
import { metricsOf } from "../store/registry";
import { conditionOf, type Sight } from "./sights";

export interface Tipped {
  sight: Sight;
  x: number;
  y: number;
}

/** What the pointer is over, in words. */
export function Tip({
  at,
  metric,
}: {
  at: ReadonlySignal<Tipped | null>;
  metric: ReadonlySignal<string | null>;
}) {
  if (at.value === null) return null;
  const { sight, x, y } = at.value;
  const found = metric.value === null ? undefined : metricsOf.value.get(metric.value);
  const manner = found && mannerOf(found);
  const write = (value: number): string => formatNumber(value * (manner?.factor ?? 1), manner?.digits ?? 1);
  const value = manner && sight.value !== null ? `${write(sight.value)} ${unitOf(manner.unit)}`.trim() : null;
  return (
    <div class="map-tip" data-tip={sight.key} style={{ left: `${x}px`, top: `${y}px` }} aria-hidden="true">
      {sight.kind === "cluster" ? (
        <>
          <strong>{t("map.together", { count: formatNumber(sight.count) })}</strong>
          <span class="map-tip-line">
            {CONDITIONS.filter((name) => sight[name] > 0).map((name) => (
              <span key={name} class="tally">
                <Mark of={name} />
                <span class="number">{formatNumber(sight[name])}</span> {t(`liveness.${name}`)}
              </span>
            ))}
          </span>
          {value && sight.min !== null && sight.max !== null && (
            <span class="number">
              {t("map.spread", { value, low: write(sight.min), high: write(sight.max) })}
            </span>
          )}
        </>
      ) : (
        <>
          <strong>{sight.name || sight.sensor}</strong>
          <span class="map-tip-line">
            <span class="tally">
              <Mark of={conditionOf(sight)} />
              {t(`liveness.${conditionOf(sight)}`)}
            </span>
            {value && <b class="number">{value}</b>}
          </span>
        </>
      )}
    </div>
  );
}
