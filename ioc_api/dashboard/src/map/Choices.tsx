import { headlineMetrics } from "../city/headline";
import { labelOf } from "../city/Tile";
import { nameOf, t } from "../i18n";
import { liveDomains } from "../store/registry";
import { showMetric, shownMetric, shownShading } from "../store/selection";
import { SHADINGS, type Shading } from "./shading";

/** By what sensors are coloured, and zones. */
export function Choices() {
  return (
    <div class="map-choices">
      <label>
        <span>{t("map.colour")}</span>
        <select
          data-choice="metric"
          value={shownMetric.value}
          onChange={(event) => showMetric(event.currentTarget.value)}
        >
          <option value="">{t("map.by_status")}</option>
          {liveDomains.value.map((domain) => (
            <optgroup key={domain.code} label={nameOf(domain)}>
              {headlineMetrics(domain).map((metric) => (
                <option key={metric.name} value={`${domain.code}/${metric.name}`}>
                  {labelOf(metric)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <label>
        <span>{t("map.shade")}</span>
        <select
          data-choice="shading"
          value={shownShading.value}
          onChange={(event) => {
            shownShading.value = event.currentTarget.value as Shading;
          }}
        >
          {SHADINGS.map((name) => (
            <option key={name} value={name}>
              {t(`shade.${name}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
