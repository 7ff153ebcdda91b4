import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, get, send } from "../api/http";
import type { Registered } from "../api/sensors";
import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { useDeed } from "../parts/deed";
import { when } from "../parts/moment";
import { Outcome } from "../parts/Outcome";
import { may } from "../store/me";
import { addressOf, go } from "../store/route";
import { tellChanged } from "./changing";
import { DeviceKeys } from "./DeviceKeys";
import { Health } from "./Health";
import { SensorForm } from "./SensorForm";

/** One sensor of the registry with all that a technician does about it; null: one that is not registered yet. */
export function SensorOne({ id, back }: { id: string | null; back: string }) {
  const sensor = useSignal<Registered | null>(null);
  const trouble = useSignal<"missing" | "unreachable" | null>(null);
  const read = async (): Promise<void> => {
    if (id === null) return;
    try {
      sensor.value = await get<Registered>(`sensors/${encodeURIComponent(id)}`);
      trouble.value = null;
    } catch (cause) {
      console.info(cause);
      trouble.value = cause instanceof ApiError && cause.status === 404 ? "missing" : "unreachable";
    }
  };
  useEffect(() => {
    read();
  }, [id]);
  const one = sensor.value;
  const changed = async (): Promise<void> => {
    await read();
    tellChanged();
  };
  return (
    <section class="card beside-one sensor-one" data-view-sensor={id ?? ""}>
      <div class="person-head">
        <h2>{id === null ? t("sensors.new") : one?.name || id}</h2>
        {one && one.name !== "" && <span class="dim">{one.sensor_id}</span>}
        <a
          class="close"
          href={back}
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          data-act="close-sensor"
        >
          ×
        </a>
      </div>
      {trouble.value !== null && (
        <p class="list-trouble" role="alert">
          {trouble.value === "missing" ? t("sensors.missing", { id: id ?? "" }) : t("list.unreachable")}
        </p>
      )}
      {id !== null && one === null && trouble.value === null && (
        <p class="dim list-wait">{t("list.waiting")}</p>
      )}
      {one && (
        <>
          <p class="sensor-line">
            <span class="sensor-sign">
              <Mark of={one.liveness} />
              {t(`liveness.${one.liveness}`)}
            </span>
            <span class="dim">
              {t("sensor.last_seen")}: {when(one.last_seen)}
            </span>
            <a href={addressOf("history", "", { sensor: one.sensor_id })} data-act="history">
              {t("sensors.history")}
            </a>
          </p>
          {may("sensors.write") && <Status sensor={one} onChanged={changed} />}
          <Health sensor={one} />
          <h3>{t("sensors.record")}</h3>
          <SensorForm key={one.sensor_id} sensor={one} onSaved={changed} />
          {may("devices.write") && one.status !== "retired" && <DeviceKeys id={one.sensor_id} />}
        </>
      )}
      {id === null && (
        <SensorForm
          sensor={null}
          onSaved={async (made) => {
            tellChanged();
            go("sensors", made);
          }}
        />
      )}
    </section>
  );
}

/** In use, being worked on, or retired; each can be taken back. */
function Status({ sensor, onChanged }: { sensor: Registered; onChanged: () => Promise<void> }) {
  const deed = useDeed();
  const put = (status: Registered["status"]) => () =>
    deed.run(async () => {
      await send("PATCH", `sensors/${encodeURIComponent(sensor.sensor_id)}`, { status });
      await onChanged();
    });
  return (
    <>
      <p class="dim">{t(`meaning.${sensor.status}`)}</p>
      <div class="do-buttons">
        {sensor.status !== "active" && (
          <button type="button" class="act" data-act="to-active" data-due="true" onClick={put("active")}>
            {t("sensors.to_active")}
          </button>
        )}
        {sensor.status === "active" && (
          <button type="button" class="act" data-act="to-maintenance" onClick={put("maintenance")}>
            {t("sensors.to_maintenance")}
          </button>
        )}
        {sensor.status !== "retired" && (
          <button type="button" class="act act-off" data-act="to-retired" onClick={put("retired")}>
            {t("sensors.to_retired")}
          </button>
        )}
      </div>
      <Outcome deed={deed} />
    </>
  );
}
