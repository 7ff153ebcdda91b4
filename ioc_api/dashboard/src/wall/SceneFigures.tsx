import type { Area, Domain } from "../api/types";
import { shortName } from "../city/CityLine";
import { ENOUGH, headlineMetrics, mannerOf } from "../city/headline";
import { Sparkline } from "../city/Sparkline";
import { shortLabelOf } from "../city/Tile";
import { formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { aggregateOf, figure } from "../store/aggregates";
import { counts } from "../store/counts";
import { judged } from "../store/judged";
import { areas } from "../store/registry";
import { Doubt } from "./Doubt";

/** The leading figure of some domains, an area beside the other, with how it went; and that nobody judges, where that is so. */
export function SceneFigures({ domains }: { domains: readonly Domain[] }) {
  return (
    <div class="wall-telling" data-doubt={!judged.value}>
      <Doubt />
      {domains.length === 0 ? (
        <p class="wall-none">{t("empty.sensors")}</p>
      ) : (
        <div class="wall-figures" data-domains={domains.length}>
          {domains.map((domain) => (
            <section key={domain.code} class="wall-domain">
              <h2>{nameOf(domain)}</h2>
              {areas.value.map((area) => (
                <Figure key={area.code} area={area} domain={domain} />
              ))}
            </section>
          ))}
        </div>
      )}
    </div>
  );
}

function Figure({ area, domain }: { area: Area; domain: Domain }) {
  const [metric] = headlineMetrics(domain);
  if (!metric) return null;
  const row = aggregateOf({ area: area.code, zone: null }, domain.code, metric.name).value;
  const value = figure(row);
  const { factor, unit, digits } = mannerOf(metric);
  const { reporting = 0, expected = 0 } = row?.sensors ?? {};
  const few = expected > 0 && reporting < expected * ENOUGH;
  return (
    <div class="wall-figure" data-figure={`${area.code}/${domain.code}`} data-few={few}>
      <p class="wall-words">
        {shortName(area)} · {shortLabelOf(metric)}
      </p>
      <p class="wall-big-value">
        <b class="number">{formatNumber(value === null ? null : value * factor, digits)}</b>
        <span class="wall-words">{unitOf(unit)}</span>
      </p>
      <Sparkline area={area.code} domain={domain.code} metric={metric} />
      <p class="wall-words number">
        {expected === 0
          ? counts.of({ area: area.code, domain: domain.code }).sensors === 0 && t("empty.domain")
          : t("tile.reporting", { reporting: formatNumber(reporting), expected: formatNumber(expected) })}
      </p>
    </div>
  );
}
