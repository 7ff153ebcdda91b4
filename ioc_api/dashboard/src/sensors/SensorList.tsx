import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Registered } from "../api/sensors";
import { LIVENESS } from "../api/types";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { when } from "../parts/moment";
import { Trouble } from "../parts/Trouble";
import { Listed } from "../store/lists";
import { may } from "../store/me";
import { areas, domains, liveZones } from "../store/registry";
import { addressOf, go, note, place } from "../store/route";
import { Choice } from "./Choice";
import { registryChanged } from "./changing";
import { changed, type FieldName, fileOf, pathOf, type Wanted } from "./wanted";

const STATUSES = ["active", "maintenance", "retired"] as const;

/** Sensors as they are looked for; the newest answer is read again every half minute while it is looked at. */
const AGAIN_MS = 30_000;

export function SensorList({ wanted, chosen }: { wanted: Wanted; chosen: string | null }) {
  const list = useMemo(() => new Listed<Registered>(), []);
  const path = pathOf(wanted);
  const since = registryChanged.value;
  useEffect(() => {
    list.read(path);
    const again = setInterval(() => {
      // Who has read on would lose their place.
      if ((list.items.peek()?.length ?? 0) <= 100) list.read(path);
    }, AGAIN_MS);
    return () => {
      clearInterval(again);
    };
  }, [path, since]);
  const put = (field: FieldName, value: string): void =>
    note("sensors", place.peek().name ?? "", { ...changed(wanted, field, value) });
  const items = list.items.value ?? [];
  const zones = liveZones.value.filter((z) => wanted.area === undefined || z.area === wanted.area);
  return (
    <section class="card beside-list">
      <div class="filters">
        <Search words={wanted.q ?? ""} onWords={(words) => put("q", words)} />
        <Choice
          name="area"
          label={t("sensors.area")}
          value={wanted.area ?? ""}
          options={areas.value.map((a) => [a.code, nameOf(a)])}
          onValue={(v) => put("area", v)}
        />
        <Choice
          name="zone"
          label={t("sensors.zone")}
          value={wanted.zone ?? ""}
          options={zones.map((z) => [z.code, nameOf(z)])}
          onValue={(v) => put("zone", v)}
        />
        <Choice
          name="domain"
          label={t("sensors.domain")}
          value={wanted.domain ?? ""}
          options={domains.value.map((d) => [d.code, nameOf(d)])}
          onValue={(v) => put("domain", v)}
        />
        <Choice
          name="liveness"
          label={t("sensors.liveness")}
          value={wanted.liveness ?? ""}
          options={LIVENESS.map((l) => [l, t(`liveness.${l}`)])}
          onValue={(v) => put("liveness", v)}
        />
        <Choice
          name="status"
          label={t("sensors.status")}
          value={wanted.status ?? ""}
          none={t("sensors.in_use")}
          options={STATUSES.map((s) => [s, t(`inuse.${s}`)])}
          onValue={(v) => put("status", v)}
        />
      </div>
      <div class="do-buttons">
        {may("sensors.write") && (
          <>
            <button
              type="button"
              class="act"
              data-act="new-sensor"
              data-due="true"
              onClick={() => go("sensors", "", { ...wanted, do: "new" })}
            >
              {t("sensors.new")}
            </button>
            <button
              type="button"
              class="act"
              data-act="import"
              onClick={() => go("sensors", "", { ...wanted, do: "import" })}
            >
              {t("sensors.import")}
            </button>
          </>
        )}
        <a class="act act-link" href={fileOf(wanted)} download="registry.csv" data-act="export">
          {t("sensors.export")}
        </a>
      </div>
      <Trouble list={list} />
      {list.items.value !== null && items.length === 0 && <p class="dim">{t("sensors.none")}</p>}
      {items.length > 0 && (
        <div class="table-box">
          <table class="table table-sensors">
            <thead>
              <tr>
                <th scope="col">{t("sensors.sensor")}</th>
                <th scope="col">{t("sensors.domain")}</th>
                <th scope="col">{t("sensors.zone")}</th>
                <th scope="col">{t("sensors.liveness")}</th>
                <th scope="col">{t("sensor.last_seen")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <Row key={one.sensor_id} one={one} wanted={wanted} chosen={chosen === one.sensor_id} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.next.value !== null && (
        <button type="button" class="alerts-more" onClick={() => list.more(path)}>
          {t("list.more")}
        </button>
      )}
    </section>
  );
}

/** What is typed stays as it is typed; it is looked for when the typing pauses. */
function Search({ words, onWords }: { words: string; onWords: (words: string) => void }) {
  const typed = useSignal(words);
  const told = useRef(words);
  // Another address has other words.
  if (words !== told.current) {
    told.current = words;
    typed.value = words;
  }
  const now = typed.value;
  useEffect(() => {
    if (now === told.current) return;
    const timer = setTimeout(() => {
      told.current = now.trim();
      onWords(now.trim());
    }, 250);
    return () => clearTimeout(timer);
  }, [now]);
  return (
    <label class="field">
      <span class="field-name">{t("sensors.search")}</span>
      <input
        type="search"
        name="sensors-search"
        maxLength={100}
        value={now}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
    </label>
  );
}

function Row({ one, wanted, chosen }: { one: Registered; wanted: Wanted; chosen: boolean }) {
  const zone = liveZones.value.find((z) => z.code === one.zone);
  const domain = domains.value.find((d) => d.code === one.domain);
  return (
    <tr data-sensor={one.sensor_id} aria-current={chosen ? "true" : undefined}>
      <th scope="row">
        <a href={addressOf("sensors", one.sensor_id, { ...wanted })}>{one.name || one.sensor_id}</a>
        {one.name !== "" && <span class="dim person-name">{one.sensor_id}</span>}
        {one.status !== "active" && <span class="badge">{t(`inuse.${one.status}`)}</span>}
      </th>
      <td data-name={t("sensors.domain")}>{domain ? nameOf(domain) : one.domain}</td>
      <td data-name={t("sensors.zone")}>{zone ? nameOf(zone) : (one.zone ?? "–")}</td>
      <td data-name={t("sensors.liveness")}>
        <span class="sensor-sign">
          <Mark of={one.liveness} />
          {t(`liveness.${one.liveness}`)}
        </span>
      </td>
      <td class="number" data-name={t("sensor.last_seen")}>
        {when(one.last_seen)}
      </td>
    </tr>
  );
}
