import { useEffect, useMemo } from "preact/hooks";
import { ApiError, send } from "../api/http";
import type { Registered } from "../api/sensors";
import { nameOf, t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { may } from "../store/me";
import { areas, domains, liveZones } from "../store/registry";
import { Choice } from "./Choice";
import { Draft } from "./draft";
import { Picker } from "./Picker";
import { bodyOf, numberIn, numberText, type Typed, typedOf, wrongIn } from "./record";

/** What is registered of a sensor, to be read, or changed by who may. */
export function SensorForm({
  sensor,
  onSaved,
}: {
  sensor: Registered | null;
  onSaved: (id: string) => Promise<void>;
}) {
  const draft = useMemo(
    () => new Draft(typedOf(sensor, areas.value[0]?.code ?? "", domains.value[0]?.code ?? "")),
    [],
  );
  // Read anew, it may be another's work.
  useEffect(() => {
    if (sensor !== null) draft.take(typedOf(sensor, "", ""));
  }, [sensor]);
  const deed = useDeed();
  const one = draft.typed.value;
  const put = (part: Partial<Typed>): void => draft.put(part);
  const reads = !may("sensors.write");
  const domain = domains.value.find((d) => d.code === one.domain);
  const text = (name: keyof Typed & string, label: string, hint?: string, code = false) => (
    <Field
      name={`sensor-${name}`}
      label={label}
      value={String(one[name])}
      readOnly={reads || (name === "sensor_id" && sensor !== null)}
      code={code}
      maxLength={name === "tags" ? 1000 : 200}
      hint={hint}
      onValue={(value) => put({ [name]: value })}
    />
  );
  const save = (): void => {
    const sent = draft.typed.peek();
    const wrong = wrongIn(sent);
    if (wrong !== null) {
      deed.lacks(t(`wrongsensor.${wrong}`));
      return;
    }
    const id = sent.sensor_id.trim();
    const { changes } = draft;
    deed.run(async () => {
      if (sensor === null) await send("POST", "sensors", { sensor_id: id, ...bodyOf(sent) });
      else if (Object.keys(changes).length > 0) {
        try {
          const saved = await send<Registered>("PATCH", `sensors/${encodeURIComponent(id)}`, changes);
          if (saved) draft.take(typedOf(saved, "", ""), sent);
        } catch (cause) {
          // It may have been saved: what is compared with is read anew.
          if (cause instanceof ApiError && cause.unanswered) onSaved(id);
          throw cause;
        }
      }
      await onSaved(id);
    });
  };
  const [lat, lon] = [numberIn(one.lat), numberIn(one.lon)];
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div class="form-row">
        {text("sensor_id", t("sensors.id"), t("sensors.id_hint"), true)}
        {text("name", t("sensors.name"))}
      </div>
      <fieldset class="fields" disabled={reads}>
        <div class="form-row">
          <Choice
            name="sensor-area"
            label={t("sensors.area")}
            value={one.area}
            required
            options={areas.value.map((a) => [a.code, nameOf(a)])}
            onValue={(area) => put({ area, zone: "" })}
          />
          <Choice
            name="sensor-zone"
            label={t("sensors.zone")}
            value={one.zone}
            none={t("sensors.no_zone")}
            options={liveZones.value.filter((z) => z.area === one.area).map((z) => [z.code, nameOf(z)])}
            onValue={(zone) => put({ zone })}
          />
          <Choice
            name="sensor-domain"
            label={t("sensors.domain")}
            value={one.domain}
            required
            options={domains.value.map((d) => [d.code, nameOf(d)])}
            onValue={(code) => put({ domain: code, metrics: [] })}
          />
        </div>
      </fieldset>
      <div class="form-row">
        {text("place", t("sensors.place"))}
        {text("site", t("sensors.site"))}
      </div>
      <div class="form-row">
        {text("lat", t("sensors.lat"))}
        {text("lon", t("sensors.lon"))}
      </div>
      <Picker
        at={lat !== null && lon !== null && !Number.isNaN(lat + lon) ? [lon, lat] : null}
        zone={one.zone === "" ? null : one.zone}
        {...(!reads && {
          onPick: ([east, north]: [number, number]) =>
            put({ lon: numberText(round(east)), lat: numberText(round(north)) }),
        })}
      />
      <div class="form-row">
        {text(
          "interval_s",
          t("sensors.interval"),
          t("sensors.interval_hint", { seconds: domain?.interval_s ?? 60 }),
        )}
        {text("parent", t("sensors.parent"), t("sensors.parent_hint"))}
      </div>
      {domain && (
        <fieldset class="fields" disabled={reads}>
          <legend>{t("sensors.metrics")}</legend>
          <div class="choices-list">
            {domain.metrics.map((metric) => (
              <label key={metric.name} class="choice">
                <input
                  type="checkbox"
                  checked={one.metrics.includes(metric.name)}
                  onChange={(event) =>
                    put({
                      metrics: event.currentTarget.checked
                        ? [...one.metrics, metric.name]
                        : one.metrics.filter((name) => name !== metric.name),
                    })
                  }
                />
                {nameOf(metric)}
              </label>
            ))}
          </div>
          <p class="field-hint">{t("sensors.metrics_hint")}</p>
        </fieldset>
      )}
      {text("tags", t("sensors.tags"), t("sensors.tags_hint"))}
      {!reads && (
        <>
          <div class="do-buttons">
            <button
              type="submit"
              class="act"
              data-due="true"
              data-act="save-sensor"
              aria-disabled={deed.busy.value}
            >
              {sensor === null ? t("sensors.register") : t("deed.save")}
            </button>
          </div>
          <Outcome deed={deed} />
        </>
      )}
    </form>
  );
}

function round(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}
