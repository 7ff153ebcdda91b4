import { formatDate, formatNumber, formatTime } from "../format";
import { t } from "../i18n";
import { POLLUTANTS } from "./AirCard";
import { useAnswer } from "./asked";
import { minute, Panel } from "./ChartPanel";
import { type Choice, placeQuery } from "./choice";
import { AnswerTrouble, Who } from "./Ranked";

interface Exceedance {
  station: {
    sensor_id: string;
    name: string;
    place: string;
    site: string;
    area: string;
    zone: string | null;
  };
  pollutant: string;
  averaging: string;
  value: number;
  limit: number;
  at: string;
  ratio: number;
  legal_basis: string;
}

/** Which day, or the hours that end when. */
function period({ averaging, at }: Exceedance): string {
  const end = Date.parse(at);
  return averaging === "24h" ? formatDate(end - 1000) : `${formatDate(end)} ${formatTime(end).slice(0, 5)}`;
}

const SHOWN = 6;
const DAYS = 2;

/** Means above the limits of the law, the gravest first; particles have none over an hour. */
export function Exceedances({ choice }: { choice: Choice }) {
  const hour = Math.floor(minute.value / 3_600_000) * 3_600_000;
  const from = new Date(hour - DAYS * 86_400_000).toISOString();
  const answer = useAnswer<{ items: Exceedance[] }>(
    `indices/air/exceedances?from=${from}${placeQuery(choice)}&limit=1000`,
    600_000,
  ).value;
  const items = [...(answer.value?.items ?? [])].sort((a, b) => b.ratio - a.ratio);
  const basis = items[0]?.legal_basis ?? "QCVN 05:2023/BTNMT";
  return (
    <Panel name="exceedances" title={t("boards.exceedances")} hint={basis}>
      <AnswerTrouble answer={answer} />
      {answer.value !== null && items.length === 0 && <p class="dim">{t("boards.no_exceedances")}</p>}
      {items.length > 0 && (
        <table class="table board-ranked">
          <thead>
            <tr>
              <th scope="col">{t("boards.sensor")}</th>
              <th scope="col" class="right">
                {t("boards.pollutant")}
              </th>
              <th scope="col" class="right">
                {t("boards.of_limit")}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.slice(0, SHOWN).map((one) => (
              <tr key={`${one.station.sensor_id} ${one.pollutant} ${one.averaging} ${one.at}`}>
                <th scope="row">
                  <Who
                    id={one.station.sensor_id}
                    sensor={{ ...one.station, liveness: "online", last_seen: null }}
                    choice={choice}
                  />
                </th>
                <td class="right" data-name={t("boards.pollutant")}>
                  {POLLUTANTS[one.pollutant] ?? one.pollutant} <span class="dim">{one.averaging}</span>
                  <span class="dim board-where">{period(one)}</span>
                </td>
                <td class="right number" data-name={t("boards.of_limit")}>
                  <b>{formatNumber(one.value, 1)}</b> <span class="dim">/ {formatNumber(one.limit)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {items.length > SHOWN && (
        <p class="dim">{t("boards.more", { count: formatNumber(items.length - SHOWN) })}</p>
      )}
    </Panel>
  );
}
