import { useEffect } from "preact/hooks";
import { LatestValues } from "../city/LatestValues";
import { formatAge, formatDate, formatMoment, formatTime } from "../format";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { domains, liveZones } from "../store/registry";
import type { Machine } from "./machine";
import type { Picked } from "./picked";

/** The sensor that somebody points at, as it was at the moment that is shown. */
export function PastSensor({ picked, machine }: { picked: Picked; machine: Machine }) {
  const sensor = picked.sensor.value;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (closes(event)) picked.pick(null);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [picked]);
  if (sensor === null) return null;
  const { sensor: id, name } = sensor;
  const domain = domains.value.find((one) => one.code === sensor.domain);
  const zone = liveZones.value.find((one) => one.code === sensor.zone);
  const at = machine.shown.value?.at ?? machine.now.at;
  return (
    <aside
      class="sensor"
      data-past-sensor={id}
      data-loading={machine.shown.value?.loading ?? true}
      aria-label={name || id}
    >
      <header class="sensor-head">
        <div>
          <h3>{name || id}</h3>
          <p class="sensor-id">
            {[domain ? nameOf(domain) : sensor.domain, zone && nameOf(zone), id].filter(Boolean).join(" · ")}
          </p>
        </div>
        <button
          type="button"
          class="close"
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          onClick={() => picked.pick(null)}
        >
          ×
        </button>
      </header>
      <p class="number">
        {t("replay.sensor_at")} {formatTime(at)} {formatDate(at)}
      </p>
      {picked.refused.value ? (
        <p class="list-trouble" role="alert">
          {t("replay.sensor_refused")}
        </p>
      ) : (
        <>
          <Sign picked={picked} at={at} />
          <h4>{t("replay.sensor_values")}</h4>
          <LatestValues values={picked.latest.value} domain={sensor.domain} at={at} />
        </>
      )}
    </aside>
  );
}

function Sign({ picked, at }: { picked: Picked; at: number }) {
  const sign = picked.sign.value;
  if (sign === null) return <p class="dim">{t("list.waiting")}</p>;
  const seen = sign.last_seen === null ? null : Date.parse(sign.last_seen);
  return (
    <>
      <p class="sensor-state" data-liveness={sign.liveness}>
        <Mark of={sign.liveness} />
        {t(`liveness.${sign.liveness}`)}
      </p>
      <dl class="facts">
        <div>
          <dt>{t("sensor.last_seen")}</dt>
          <dd class="number">
            {seen === null
              ? t("sensor.never")
              : `${formatMoment(seen, at)} (${formatAge(Math.max(0, at - seen) / 1000)})`}
          </dd>
        </div>
      </dl>
    </>
  );
}

/** Escape, where it is not a field's own. */
export function closes(event: KeyboardEvent): boolean {
  if (event.key !== "Escape" || event.defaultPrevented) return false;
  const target = event.target instanceof HTMLElement ? event.target : null;
  return !target?.closest("input:not([type=range]), select, textarea, [contenteditable], dialog");
}
