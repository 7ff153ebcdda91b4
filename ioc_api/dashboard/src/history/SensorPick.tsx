import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/http";
import type { Page, Sensor } from "../api/types";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { Field } from "../parts/Field";
import { domains } from "../store/registry";
import { put, toggled, view, withMetric } from "./asked";
import type { Explorer } from "./explorer";
import { why } from "./words";

const FOUND = 12;
const PAUSE_MS = 250;

/** Find sensors by what they are called, and take them. The server looks; nothing is downloaded in advance. */
export function SensorPick({ explorer }: { explorer: Explorer }) {
  const text = useSignal("");
  const found = useSignal<Page<Sensor> | null>(null);
  const trouble = useSignal<string | null>(null);
  const { sensors, metrics } = view.value;

  useEffect(() => {
    const words = text.value.trim();
    trouble.value = null;
    if (words === "") {
      found.value = null;
      return;
    }
    let gone = false;
    const timer = setTimeout(() => {
      get<Page<Sensor>>(`sensors?q=${encodeURIComponent(words)}&limit=${FOUND}`)
        .then((page) => {
          if (!gone) found.value = page;
        })
        .catch((cause) => {
          if (!gone) trouble.value = why(cause);
        });
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text.value]);

  const toggle = (sensor: Sensor): void => {
    explorer.know([sensor]);
    const next = toggled(sensors, sensor.sensor_id);
    put({
      sensors: next,
      metrics: next.length > sensors.length ? withMetric(metrics, sensor.domain, sensor.metrics) : metrics,
    });
  };
  const domainName = (code: string): string => {
    const domain = domains.value.find((one) => one.code === code);
    return domain ? nameOf(domain) : code;
  };
  const items = found.value?.items ?? [];
  return (
    <section class="history-part">
      <h2>{t("history.sensors")}</h2>
      <Taken explorer={explorer} />
      <Field
        name="sensor-search"
        type="search"
        label={t("history.search")}
        hint={text.value === "" ? t("history.search_hint") : undefined}
        value={text.value}
        onValue={(value) => {
          text.value = value;
        }}
      />
      {trouble.value !== null && (
        <p class="list-trouble" role="alert">
          {trouble.value}
        </p>
      )}
      {found.value !== null && items.length === 0 && <p class="dim">{t("history.none_found")}</p>}
      {items.length > 0 && (
        <ul class="history-found">
          {items.map((sensor) => (
            <li key={sensor.sensor_id}>
              <label class="history-sensor">
                <input
                  type="checkbox"
                  checked={sensors.includes(sensor.sensor_id)}
                  onChange={() => toggle(sensor)}
                />
                <span>
                  {sensor.name}
                  <small class="dim">
                    <Mark of={sensor.liveness} /> {sensor.sensor_id} · {domainName(sensor.domain)}
                  </small>
                </span>
              </label>
            </li>
          ))}
          {found.value?.next !== null && <li class="dim history-more">{t("history.more_found")}</li>}
        </ul>
      )}
    </section>
  );
}

/** Those that are looked at, each with a way out. */
function Taken({ explorer }: { explorer: Explorer }) {
  const { sensors } = view.value;
  if (sensors.length === 0) return null;
  return (
    <ul class="history-taken">
      {sensors.map((id) => {
        const name = explorer.facts.value.get(id)?.name ?? id;
        return (
          <li key={id} data-sensor={id}>
            <span title={id}>{name}</span>
            <button
              type="button"
              class="close"
              aria-label={t("history.remove", { name })}
              onClick={() => put({ sensors: sensors.filter((one) => one !== id) })}
            >
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}
