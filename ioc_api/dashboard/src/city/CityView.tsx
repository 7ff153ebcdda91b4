import { useEffect } from "preact/hooks";
import { AlertPanel } from "../alerts/AlertPanel";
import { AlertView } from "../alerts/AlertView";
import { nameOf, t } from "../i18n";
import { MapHead } from "../map/MapHead";
import { MapPanel } from "../map/MapPanel";
import { living } from "../map/source";
import { keepCityAddress } from "../store/choices";
import { counts } from "../store/counts";
import { areas, liveDomains } from "../store/registry";
import { alertId } from "../store/route";
import { selectedSensor } from "../store/selection";
import { CityLine } from "./CityLine";
import { SensorPanel } from "./SensorPanel";
import { Tile } from "./Tile";
import { ZoneTable } from "./ZoneTable";

/** The city at a glance: what is wrong, the map, the wards beneath it, and the figures of each area beside it. */
export function CityView() {
  const columns = areas.value;
  const rows = liveDomains.value;
  useEffect(keepCityAddress, []);
  return (
    <main class="city" data-looking={alertId.value !== null}>
      <h1 class="unseen">{t("page.city")}</h1>
      <CityLine />
      <section class="panel map-panel" aria-label={t("map.title")}>
        <MapHead source={living} />
        <div class="map-body">
          <MapPanel source={living} />
          {selectedSensor.value !== null && <SensorPanel id={selectedSensor.value} />}
        </div>
      </section>
      <section
        class="tiles"
        aria-label={t("tiles.title")}
        data-domains={rows.length}
        style={{ "--domains": Math.max(1, rows.length) }}
      >
        {counts.domains.value?.size === 0 && <p class="tiles-empty">{t("empty.sensors")}</p>}
        {rows.map((domain) => (
          <h2 key={domain.code} class="tiles-head">
            {nameOf(domain)}
          </h2>
        ))}
        {columns.flatMap((area) =>
          rows.map((domain) => <Tile key={`${area.code}/${domain.code}`} area={area} domain={domain} />),
        )}
      </section>
      <AlertPanel />
      <ZoneTable />
      {alertId.value !== null && <AlertView key={alertId.value} id={alertId.value} />}
    </main>
  );
}
