import type { Area, Domain, Metric } from "../api/types";
import { formatAge, formatMoment, formatNumber } from "../format";
import { type Key, nameOf, t, unitOf } from "../i18n";
import { vi } from "../i18n/vi";
import { ageOf, aggregateOf, figure, toldFigures, trendOf } from "../store/aggregates";
import { now } from "../store/clock";
import { counts } from "../store/counts";
import { me } from "../store/me";
import { shortName } from "./CityLine";
import { ENOUGH, headlineMetrics, mannerOf } from "./headline";
import { Sparkline } from "./Sparkline";

/** What a metric is called on this screen, where that says more than the registry's name. */
export function labelOf(metric: Metric): string {
  const own = `metric.${metric.name}`;
  return own in vi ? t(own as Key) : nameOf(metric);
}

/** The same where there is little room. */
export function shortLabelOf(metric: Metric): string {
  const own = `short.${metric.name}`;
  return own in vi ? t(own as Key) : labelOf(metric);
}

/** Why there is no figure: the area as a whole is not for this person, no sensors, or none that is expected to report. */
function unsaid(area: string, domain: string): "absent" | "silent" | "closed" {
  const whole =
    me.value?.grants.some(
      ({ role, areas = [], zones = [], domains = [] }) =>
        role !== "department" &&
        zones.length === 0 &&
        (areas.length === 0 || areas.includes(area)) &&
        (domains.length === 0 || domains.includes(domain)),
    ) ?? true;
  if (!whole) return "closed";
  return counts.of({ area, domain }).sensors === 0 ? "absent" : "silent";
}

/** One domain in one area: its headline figures, how many sensors stand behind them, and how old they are. */
export function Tile({ area, domain }: { area: Area; domain: Domain }) {
  const place = { area: area.code, zone: null };
  const metrics = headlineMetrics(domain);
  const rows = metrics.map((metric) => aggregateOf(place, domain.code, metric.name).value);
  const reporting = Math.max(0, ...rows.map((row) => row?.sensors.reporting ?? 0));
  const expected = Math.max(0, ...rows.map((row) => row?.sensors.expected ?? 0));
  const ages = rows.flatMap((row) => ageOf(row, now.value) ?? []);
  const age = ages.length > 0 ? Math.min(...ages) : null;
  const known = rows.some((row) => row !== null);
  const state = known
    ? expected === 0
      ? "absent"
      : reporting === 0
        ? "silent"
        : "fresh"
    : toldFigures.value
      ? unsaid(area.code, domain.code)
      : "waiting";
  const first = metrics[0];
  const start = first && trendOf(area.code, domain.code, first.name)?.start;
  const share = expected > 0 ? reporting / expected : 0;
  return (
    <article
      class="tile"
      data-tile={`${area.code}/${domain.code}`}
      data-state={state}
      data-tone={state === "fresh" && share < ENOUGH ? "late" : state === "silent" ? "off" : "ok"}
    >
      <header class="tile-head">
        <h3>
          <span class="tile-domain">{nameOf(domain)} · </span>
          {shortName(area)}
        </h3>
        <span class="tile-age" title={age === null ? "" : t("tile.age", { age: formatAge(age) })}>
          {age !== null
            ? formatAge(age)
            : t(state === "waiting" || state === "closed" ? `tile.${state}` : "tile.silent")}
        </span>
      </header>
      <div class="tile-figures">
        {metrics.map((metric, i) => (
          <Figure key={metric.name} area={area.code} domain={domain.code} metric={metric} lead={i === 0} />
        ))}
      </div>
      <footer class="tile-foot" title={t("tile.reporting_long", { reporting, expected })}>
        <progress max={Math.max(1, expected)} value={reporting} aria-hidden="true" />
        <span class="number" data-reporting={reporting} data-expected={expected}>
          {state === "absent"
            ? t("empty.domain")
            : state !== "closed" &&
              t("tile.reporting", { reporting: formatNumber(reporting), expected: formatNumber(expected) })}
        </span>
        {start !== undefined && (
          <span class="tile-since">{t("tile.since", { time: formatMoment(start, now.value) })}</span>
        )}
      </footer>
    </article>
  );
}

function Figure({
  area,
  domain,
  metric,
  lead,
}: {
  area: string;
  domain: string;
  metric: Metric;
  lead: boolean;
}) {
  const row = aggregateOf({ area, zone: null }, domain, metric.name).value;
  const value = figure(row);
  const { factor, unit, digits } = mannerOf(metric);
  return (
    <div
      class="figure"
      data-metric={metric.name}
      data-lead={lead}
      data-value={value ?? ""}
      data-at={row?.at ?? ""}
    >
      <span class="figure-name">{labelOf(metric)}</span>
      <span class="figure-value">
        <b>{formatNumber(value === null ? null : value * factor, digits)}</b>
        <span class="figure-unit">{unitOf(unit)}</span>
      </span>
      <Sparkline area={area} domain={domain} metric={metric} />
    </div>
  );
}
