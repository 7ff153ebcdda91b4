import { formatAge, formatMoment } from "../format";
import { historyOf } from "../history/view";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { now } from "../store/clock";
import { domains, liveZones } from "../store/registry";
import { latest, selectedSensor } from "../store/selection";
import { sensor as looked, trouble } from "../store/sensor";
import { LatestValues } from "./LatestValues";

/** All that is known of the sensor a person points at: who it is, how it is, what it last said. */
export function SensorPanel({ id }: { id: string }) {
  const sensor = looked.value;
  if (sensor?.sensor_id !== id) return <Absent id={id} />;
  const lastSeen = sensor.last_seen === null ? null : Date.parse(sensor.last_seen);
  const zone = liveZones.value.find((z) => z.code === sensor.zone);
  const domain = domains.value.find((d) => d.code === sensor.domain);
  const seen =
    lastSeen === null
      ? t("sensor.never")
      : `${formatMoment(lastSeen, now.value)} (${formatAge((now.value - lastSeen) / 1000)})`;
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
        <Close />
      </header>
      <p class="sensor-state" data-liveness={sensor.liveness}>
        <Mark of={sensor.liveness} />
        {t(`liveness.${sensor.liveness}`)}
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
      <LatestValues values={latest.value} domain={sensor.domain} at={now.value} />
      <a class="text-button" href={historyOf({ sensors: [id] })} data-act="history">
        {t("history.title")}
      </a>
    </aside>
  );
}

function Close() {
  return (
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
  );
}

/** It is being read, or cannot be. */
function Absent({ id }: { id: string }) {
  const why = trouble.value;
  return (
    <aside class="sensor" data-sensor={id} aria-label={id}>
      <header class="sensor-head">
        <h3>{id}</h3>
        <Close />
      </header>
      <p class="dim" role="status">
        {t(
          why === "missing"
            ? "sensor.missing"
            : why === "unreachable"
              ? "sensor.unreachable"
              : "sensor.asking",
        )}
      </p>
    </aside>
  );
}
