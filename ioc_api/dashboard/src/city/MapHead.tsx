import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { countOf } from "../store/liveness";
import { liveDomains } from "../store/registry";
import { shownDomain } from "../store/selection";

/** Which domain the map shows. */
export function MapHead() {
  const total = (name: string): number => Object.values(countOf(name)).reduce((sum, n) => sum + n, 0);
  const choices = [
    { code: "", label: t("map.all"), count: total("") },
    ...liveDomains.value.map((d) => ({ code: d.code, label: nameOf(d), count: total(`domain:${d.code}`) })),
  ];
  return (
    <div class="panel-head map-head">
      <h2>{t("map.title")}</h2>
      <fieldset class="chips" aria-label={t("map.title")}>
        {choices.map(({ code, label, count }) => (
          <button
            key={code}
            type="button"
            class="chip"
            aria-pressed={shownDomain.value === code}
            onClick={() => {
              shownDomain.value = code;
            }}
          >
            {label} <span class="number">{formatNumber(count)}</span>
          </button>
        ))}
      </fieldset>
    </div>
  );
}
