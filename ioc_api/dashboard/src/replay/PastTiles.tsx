import type { Area, Domain, Metric } from "../api/types";
import { ENOUGH, headlineMetrics, mannerOf } from "../city/headline";
import { labelOf } from "../city/Tile";
import { formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { figure } from "../store/aggregates";
import { areas, liveDomains } from "../store/registry";
import type { Figures } from "./figures";

/** The figures of each area as they were, and how many sensors stood behind them. */
export function PastTiles({ figures }: { figures: Figures }) {
  return (
    <section class="past-tiles" aria-label={t("replay.figures")}>
      {areas.value.map((area) => (
        <div key={area.code} class="past-area">
          <h2>{nameOf(area)}</h2>
          {liveDomains.value.map((domain) => (
            <Row key={domain.code} area={area} domain={domain} figures={figures} />
          ))}
        </div>
      ))}
    </section>
  );
}

function Row({ area, domain, figures }: { area: Area; domain: Domain; figures: Figures }) {
  const metrics = headlineMetrics(domain);
  const rows = metrics.map((metric) => figures.of(area.code, domain.code, metric.name));
  const reporting = Math.max(0, ...rows.map((row) => row?.sensors.reporting ?? 0));
  const expected = Math.max(0, ...rows.map((row) => row?.sensors.expected ?? 0));
  if (expected === 0) return null;
  const tone = reporting === 0 ? "off" : reporting / expected < ENOUGH ? "late" : "ok";
  return (
    <div class="past-row" data-tile={`${area.code}/${domain.code}`} data-tone={tone}>
      <span class="past-domain">{nameOf(domain)}</span>
      {metrics.map((metric, i) => (
        <Value key={metric.name} metric={metric} value={figure(rows[i] ?? null)} at={rows[i]?.at ?? ""} />
      ))}
      <span class="past-reporting number" title={t("tile.reporting_long", { reporting, expected })}>
        {formatNumber(reporting)}/{formatNumber(expected)}
      </span>
    </div>
  );
}

function Value({ metric, value, at }: { metric: Metric; value: number | null; at: string }) {
  const { factor, unit, digits } = mannerOf(metric);
  return (
    <span
      class="past-value"
      title={labelOf(metric)}
      data-metric={metric.name}
      data-value={value ?? ""}
      data-at={at}
    >
      <span class="unseen">{labelOf(metric)}: </span>
      <b class="number">{formatNumber(value === null ? null : value * factor, digits)}</b>
      <span class="past-unit">{unitOf(unit)}</span>
    </span>
  );
}
