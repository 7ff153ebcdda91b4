import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/http";
import type { LastOfSensor, Registered } from "../api/sensors";
import type { Page } from "../api/types";
import { formatAge, formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { language } from "../store/prefs";

const AGAIN_MS = 15_000;

interface Reason {
  vi: string;
  en: string;
  points: number;
  advice_vi: string | null;
  advice_en: string | null;
}

interface Trust {
  sensor_id: string;
  verdict: "trusted" | "untrusted" | "unknown";
  score: number | null;
  reasons: Reason[];
}

/** What it measured last, and how far it is trusted, with why and what to do. */
export function Health({ sensor }: { sensor: Registered }) {
  const last = useSignal<LastOfSensor | null>(null);
  const trust = useSignal<Trust | null>(null);
  const away = useSignal(false);
  const id = sensor.sensor_id;
  useEffect(() => {
    const read = async (): Promise<void> => {
      try {
        const asked = encodeURIComponent(id);
        const [latest, quality] = await Promise.all([
          get<LastOfSensor>(`sensors/${asked}/latest`),
          get<Page<Trust>>(`quality?sensor=${asked}`),
        ]);
        last.value = latest;
        trust.value = quality.items[0] ?? null;
        away.value = false;
      } catch (cause) {
        console.info(cause);
        away.value = true;
      }
    };
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => clearInterval(timer);
  }, [id]);
  const items = last.value?.items ?? [];
  return (
    <>
      <h3>{t("sensors.health")}</h3>
      {away.value && (
        <p class="list-trouble" role="alert">
          {t("list.unreachable")}
        </p>
      )}
      {trust.value && <Verdict trust={trust.value} />}
      {last.value === null && !away.value && <p class="dim">{t("list.waiting")}</p>}
      {last.value !== null && items.length === 0 && <p class="dim">{t("sensor.no_values")}</p>}
      {items.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("sensors.metric")}</th>
              <th scope="col" class="right">
                {t("sensors.value")}
              </th>
              <th scope="col" class="right">
                {t("sensors.age")}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={`${one.metric}/${one.channel}`} data-metric={one.metric}>
                <th scope="row">
                  {nameOf(one)}
                  {one.channel !== "" && <span class="dim"> {one.channel}</span>}
                </th>
                <td class="right number" data-name={t("sensors.value")}>
                  {formatNumber(one.value, Math.abs(one.value) < 100 ? 1 : 0)} {unitOf(one.unit)}
                </td>
                <td class="right number" data-name={t("sensors.age")}>
                  {formatAge(one.age_s)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Verdict({ trust }: { trust: Trust }) {
  const vietnamese = language.value === "vi";
  return (
    <div data-verdict={trust.verdict}>
      <p>
        <strong>{t(`trusting.${trust.verdict}`)}</strong>
        {trust.score !== null && <span class="dim"> · {t("sensors.score", { score: trust.score })}</span>}
      </p>
      <ul class="plain-list">
        {trust.reasons.map((reason) => (
          <li key={reason.en}>
            {nameOf(reason)}
            <span class="dim"> {(vietnamese ? reason.advice_vi : reason.advice_en) ?? ""}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
