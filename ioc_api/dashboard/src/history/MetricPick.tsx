import type { Domain, Metric } from "../api/types";
import { nameOf, t } from "../i18n";
import { domains } from "../store/registry";
import { put, toggled, view } from "./asked";
import type { Explorer } from "./explorer";
import type { Fact } from "./questions";

/** The domains to choose from, each with the metrics that there are. */
function domainsOf(facts: readonly Fact[], whole: boolean): { domain: Domain; known: Metric[] }[] {
  return domains.value.flatMap((domain) => {
    const mine = facts.filter((fact) => fact.domain === domain.code);
    const known = domain.metrics.filter(
      (one) => whole || mine.some((fact) => fact.metrics.includes(one.name)),
    );
    return known.length > 0 ? [{ domain, known }] : [];
  });
}

/** What is measured there, by domain: what the chosen sensors have, and all of it where a place is chosen. */
export function MetricPick({ explorer }: { explorer: Explorer }) {
  const { sensors, zones, areas: chosenAreas, metrics } = view.value;
  const whole = zones.length + chosenAreas.length > 0;
  const facts = sensors.flatMap((id) => explorer.facts.value.get(id) ?? []);
  const offered = domainsOf(facts, whole);
  return (
    <section class="history-part">
      <h2>{t("history.metrics")}</h2>
      {offered.length === 0 && <p class="dim">{t("history.metrics_first")}</p>}
      {offered.map(({ domain, known }) => (
        <fieldset key={domain.code} class="history-metrics">
          <legend>{nameOf(domain)}</legend>
          {known.map((metric) => (
            <label key={metric.name} class="choice">
              <input
                type="checkbox"
                name={`metric-${domain.code}-${metric.name}`}
                checked={metrics.includes(`${domain.code}/${metric.name}`)}
                onChange={() => put({ metrics: toggled(metrics, `${domain.code}/${metric.name}`) })}
              />
              {nameOf(metric)}
            </label>
          ))}
        </fieldset>
      ))}
    </section>
  );
}
