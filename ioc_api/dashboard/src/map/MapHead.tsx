import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { liveDomains } from "../store/registry";
import { showDomain, shownDomain } from "../store/selection";
import type { MapSource } from "./source";

/** Which domain the map shows. */
export function MapHead({ source }: { source: MapSource }) {
  const choices = [
    { code: "", label: t("map.all") },
    ...liveDomains.value.map((d) => ({ code: d.code, label: nameOf(d) })),
  ];
  return (
    <div class="panel-head map-head">
      <h2 class="unseen">{t("map.title")}</h2>
      <fieldset class="chips" aria-label={t("map.title")}>
        {choices.map(({ code, label }) => (
          <button
            key={code}
            type="button"
            class="chip"
            aria-pressed={shownDomain.value === code}
            onClick={() => showDomain(code)}
          >
            {label}{" "}
            <span class="number">
              {formatNumber(source.counts.of(code === "" ? {} : { domain: code }).sensors)}
            </span>
          </button>
        ))}
      </fieldset>
    </div>
  );
}
