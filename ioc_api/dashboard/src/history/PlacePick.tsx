import { nameOf, t } from "../i18n";
import { areas, liveZones } from "../store/registry";
import { put, toggled, view, withMetric } from "./asked";

/** Whole cities and wards: one figure each, from all their sensors that are trusted. */
export function PlacePick() {
  const chosen = view.value;
  const add = (part: { areas?: readonly string[]; zones?: readonly string[] }): void => {
    // A place has every domain: something is shown at once.
    const metrics = chosen.metrics.length > 0 ? chosen.metrics : withMetric([], "traffic");
    put({ ...part, metrics });
  };
  return (
    <section class="history-part">
      <h2>{t("history.places")}</h2>
      {areas.value.map((area) => (
        <fieldset key={area.code} class="history-places">
          <legend class="unseen">{nameOf(area)}</legend>
          <label class="choice history-area">
            <input
              type="checkbox"
              name={`area-${area.code}`}
              checked={chosen.areas.includes(area.code)}
              onChange={() => add({ areas: toggled(chosen.areas, area.code) })}
            />
            {nameOf(area)}
          </label>
          {liveZones.value
            .filter((zone) => zone.area === area.code)
            .map((zone) => (
              <label key={zone.code} class="choice">
                <input
                  type="checkbox"
                  name={`zone-${zone.code}`}
                  checked={chosen.zones.includes(zone.code)}
                  onChange={() => add({ zones: toggled(chosen.zones, zone.code) })}
                />
                {nameOf(zone)}
              </label>
            ))}
        </fieldset>
      ))}
    </section>
  );
}
