import { AlertPanel } from "../alerts/AlertPanel";
import { AlertView } from "../alerts/AlertView";
import { nameOf, t } from "../i18n";
import { MapPanel } from "../map/MapPanel";
import { areas, liveDomains, sensors } from "../store/registry";
import { alertId } from "../store/route";
import { selectedSensor } from "../store/selection";
import { MapHead } from "./MapHead";
import { SensorPanel } from "./SensorPanel";
import { Tile } from "./Tile";
import { ZoneTable } from "./ZoneTable";

/** The city at a glance: what is wrong, the map, the wards beneath it, and the figures of each area beside it. */
export function CityView() {
  const columns = areas.value;
  const rows = liveDomains.value;
  return (
    <main class="city" data-looking={alertId.value !== null}>
      <h1 class="unseen">{t("page.city")}</h1>
      <AlertPanel />
      <section class="panel map-panel" aria-label={t("map.title")}>
        <MapHead />
        <div class="map-body">
          <MapPanel />
          {selectedSensor.value !== null && <SensorPanel id={selectedSensor.value} />}
        </div>
      </section>
      <ZoneTable />
      {alertId.value !== null && <AlertView key={alertId.value} id={alertId.value} />}
      <section class="tiles" data-domains={rows.length}>
        {columns.map((area) => (
          <h2 key={area.code} class="tiles-head">
            {nameOf(area)}
          </h2>
        ))}
        {sensors.value.size === 0 && <p class="tiles-empty">{t("empty.sensors")}</p>}
        {rows.flatMap((domain) =>
          columns.map((area) => <Tile key={`${area.code}/${domain.code}`} area={area} domain={domain} />),
        )}
      </section>
    </main>
  );
}
