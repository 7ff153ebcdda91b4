import type { Domain, Metric, Zone } from "../api/types";
import { formatAge, formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { ageOf, aggregateOf, figure } from "../store/aggregates";
import { now } from "../store/clock";
import { counts } from "../store/counts";
import { areas, liveDomains, liveZones } from "../store/registry";
import { selectedZone, shownDomain } from "../store/selection";
import { ENOUGH, headlineMetrics, mannerOf } from "./headline";
import { shortLabelOf } from "./Tile";

interface Column {
  domain: Domain;
  metric: Metric;
}

/** Beyond so many domains only the first figure of each has room in a line. */
const ROOMY = 2;

/** The wards, one line each, with the figures of the domain that the map shows, or the first of each. */
export function ZoneTable() {
  const all = liveDomains.value;
  const chosen = all.filter((domain) => domain.code === shownDomain.value);
  const domains = chosen.length > 0 ? chosen : all;
  const shown = domains.length > ROOMY ? 1 : 2;
  const columns: Column[] = domains.flatMap((domain) =>
    headlineMetrics(domain)
      .slice(0, shown)
      .map((metric) => ({ domain, metric })),
  );
  return (
    <section class="panel zones-panel" aria-label={t("table.title")}>
      <div class="panel-head">
        <h2>{t("table.title")}</h2>
        <span class="panel-hint">{t("table.hint")}</span>
      </div>
      <div class="table-box">
        <table class="zones">
          <thead>
            <tr>
              <th scope="col">{t("table.zone")}</th>
              <th scope="col" class="right">
                {t("table.sensors")}
              </th>
              {columns.map(({ domain, metric }) => (
                <th
                  scope="col"
                  class="right"
                  key={`${domain.code}/${metric.name}`}
                  title={`${nameOf(domain)}: ${nameOf(metric)}`}
                >
                  {shortLabelOf(metric)} <span class="th-unit">{unitOf(mannerOf(metric).unit)}</span>
                </th>
              ))}
              <th scope="col" class="right zones-age">
                {t("table.age")}
              </th>
            </tr>
          </thead>
          {areas.value.map((area) => (
            <tbody key={area.code}>
              <tr class="zones-area">
                <th scope="rowgroup" colSpan={columns.length + 3}>
                  {nameOf(area)}
                </th>
              </tr>
              {liveZones.value
                .filter((zone) => zone.area === area.code)
                .map((zone) => (
                  <ZoneRow key={zone.code} zone={zone} columns={columns} />
                ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

function ZoneRow({ zone, columns }: { zone: Zone; columns: Column[] }) {
  const place = { area: zone.area, zone: zone.code };
  const count = counts.of({ zone: zone.code });
  const all = count.sensors;
  const rows = columns.map(({ domain, metric }) => aggregateOf(place, domain.code, metric.name).value);
  const ages = rows.flatMap((row) => ageOf(row, now.value) ?? []);
  const chosen = selectedZone.value === zone.code;
  const toggle = (): void => {
    selectedZone.value = chosen ? null : zone.code;
  };
  return (
    <tr data-zone={zone.code} aria-selected={chosen} onClick={toggle}>
      <th scope="row">
        <button type="button" class="row-button" aria-pressed={chosen}>
          {nameOf(zone).replace(/^(Phường|Xã) /, "")}
        </button>
      </th>
      <td class="right number" data-short={count.online < (all - count.maintenance) * ENOUGH}>
        {formatNumber(count.online)}
        <small>/{formatNumber(all)}</small>
      </td>
      {columns.map(({ domain, metric }, i) => {
        const row = rows[i] ?? null;
        const value = figure(row);
        const { factor, digits } = mannerOf(metric);
        const { reporting, expected } = row?.sensors ?? { reporting: 0, expected: 0 };
        return (
          <td
            key={`${domain.code}/${metric.name}`}
            class="right number"
            data-metric={`${domain.code}/${metric.name}`}
            data-value={value ?? ""}
            data-few={reporting < expected * ENOUGH}
            title={expected > 0 ? t("tile.reporting_long", { reporting, expected }) : ""}
          >
            {formatNumber(value === null ? null : value * factor, digits)}
            <small class="behind" data-short={reporting < expected * ENOUGH}>
              {expected > 0 ? `${formatNumber(reporting)}/${formatNumber(expected)}` : ""}
            </small>
          </td>
        );
      })}
      <td class="right number dim zones-age">{ages.length > 0 ? formatAge(Math.min(...ages)) : "–"}</td>
    </tr>
  );
}
