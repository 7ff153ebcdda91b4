import { nameOf, t } from "../i18n";
import { areas, domains } from "../store/registry";
import { put, withMetric } from "./asked";
import { metricName } from "./panels";
import type { Preset } from "./view";

const FIRST: readonly [domain: string, span: Preset][] = [
  ["traffic", "24h"],
  ["environment", "7d"],
  ["lighting", "yesterday"],
];

/** An empty page says how to fill it, with what is asked for most. */
export function Begin() {
  const places = areas.value.map(nameOf).join(", ");
  const offered = FIRST.flatMap(([domain, span]) => {
    const metrics = domains.value.some((one) => one.code === domain) ? withMetric([], domain) : [];
    return metrics.map((metric) => ({ metric, span }));
  });
  return (
    <section class="card card-wide history-begin">
      <p>{t("history.begin")}</p>
      <ul class="plain-list">
        {offered.map(({ metric, span }) => (
          <li key={metric}>
            <button
              type="button"
              class="act"
              data-begin={metric}
              onClick={() => put({ areas: areas.value.map((one) => one.code), metrics: [metric], span })}
            >
              {t("history.begin_one", {
                metric: metricName(metric),
                places,
                range: t(`history.range_${span}`).toLocaleLowerCase(),
              })}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
