import type { Latest, Metric, Sensor } from "../api/types";
import { formatAge, formatMoment, formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { Mark } from "../marks/Mark";
import { now } from "../store/clock";
import { seenTick, signOf } from "../store/liveness";
import { domains, liveZones, metricsOf, sensors } from "../store/registry";
import { latest, selectedSensor } from "../store/selection";
import { mannerOf } from "./headline";

/** All that is known of the sensor a person points at: who it is, how it is, what it last said. */
export function SensorPanel({ id }: { id: string }) {
  const sensor = sensors.value.get(id);
  if (!sensor) return null;
  seenTick.value;
  const sign = signOf(id);
  const zone = liveZones.value.find((z) => z.code === sensor.zone);
  const domain = domains.value.find((d) => d.code === sensor.domain);
  const seen =
    sign.lastSeen === null
      ? t("sensor.never")
      : `${formatMoment(sign.lastSeen, now.value)} (${formatAge((now.value - sign.lastSeen) / 1000)})`;
  const facts: [string, string][] = [
    [t("sensor.last_seen"), seen],
    [t("sensor.interval"), formatAge(sensor.interval_s || (domain?.interval_s ?? 0))],
    [t("sensor.zone"), zone ? nameOf(zone) : "–"],
    [t("sensor.place"), sensor.place || "–"],
  ];
  if (sensor.parent) facts.push([t("sensor.parent"), sensor.parent]);
  if (sensor.lat !== null && sensor.lon !== null)
    facts.push([t("sensor.position"), `${sensor.lat.toFixed(5)}, ${sensor.lon.toFixed(5)}`]);
  return (
    <aside class="sensor" data-sensor={id} aria-label={sensor.name || id}>
      <header class="sensor-head">
        <div>
          <h3>{sensor.name || id}</h3>
          <p class="sensor-id">
            {domain ? nameOf(domain) : sensor.domain} · {id}
          </p>
        </div>
        <button
          type="button"
          class="close"
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          onClick={() => {
            selectedSensor.value = null;
          }}
        >
          ×
        </button>
      </header>
      <p class="sensor-state" data-liveness={sign.liveness}>
        <Mark of={sign.liveness} />
        {t(`liveness.${sign.liveness}`)}
        {sensor.status === "maintenance" && <span class="dim"> · {t("sensor.maintenance")}</span>}
      </p>
      <dl class="facts">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="number">{text}</dd>
          </div>
        ))}
      </dl>
      <h4>{t("sensor.latest")}</h4>
      <LatestValues sensor={sensor} />
    </aside>
  );
}

function LatestValues({ sensor }: { sensor: Sensor }) {
  const values = latest.value;
  if (values === null) return <p class="dim">{t("sensor.loading")}</p>;
  if (values.size === 0) return <p class="dim">{t("sensor.no_values")}</p>;
  const order = [...metricsOf.value.keys()];
  const rank = (key: string): number => order.indexOf(`${sensor.domain}/${key.split("/")[0]}`);
  const rows = [...values].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  return (
    <table class="latest">
      <tbody>
        {rows.map(([key, item]) => (
          <LatestRow
            key={key}
            at={key}
            item={item}
            metric={metricsOf.value.get(`${sensor.domain}/${key.split("/")[0]}`)}
          />
        ))}
      </tbody>
    </table>
  );
}

function LatestRow({ at, item, metric }: { at: string; item: Latest; metric: Metric | undefined }) {
  const [name = "", channel = ""] = at.split("/");
  const manner = metric ? mannerOf(metric) : { factor: 1, unit: "", digits: 2 };
  const binary = metric?.kind === "state";
  const age = (now.value - Date.parse(item.time)) / 1000;
  return (
    <tr data-latest={name} data-value={item.value ?? ""}>
      <th scope="row">
        {metric ? nameOf(metric) : name}
        {channel && <span class="dim"> {channel}</span>}
        {(item.quality === "calibrating" || item.quality === "fault") && (
          <span class="quality">{t(`quality.${item.quality}`)}</span>
        )}
      </th>
      <td class="right number">
        {binary && item.value !== null
          ? t(item.value >= 0.5 ? "state.on" : "state.off")
          : formatNumber(item.value === null ? null : item.value * manner.factor, manner.digits)}
      </td>
      <td class="unit">{binary ? "" : unitOf(manner.unit)}</td>
      <td class="right number dim">{formatAge(age)}</td>
    </tr>
  );
}
