import type { IndexItem } from "../api/boards";
import { formatMoment, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { now } from "../store/clock";
import { language } from "../store/prefs";
import { Panel } from "./ChartPanel";
import type { Subject } from "./choice";

/** What the pollutants are called; the same in both languages. */
export const POLLUTANTS: Readonly<Record<string, string>> = {
  pm2_5: "PM2.5",
  pm10: "PM10",
  so2: "SO₂",
  no2: "NO₂",
  co: "CO",
  o3: "O₃",
  o3_1h: "O₃ 1h",
  o3_8h: "O₃ 8h",
};

/** Whether black or white is read on a colour of the scale (WCAG's relative luminance). */
export function inkOn(colour: string): "dark" | "light" {
  const part = (at: number): number => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return luminance > 0.179 ? "dark" : "light";
}

/** The index in its official colour, with its band in words. */
export function AqiChip({ item }: { item: IndexItem | undefined }) {
  if (!item) return <span class="dim">–</span>;
  if (item.value === null || item.colour === null) return <span class="dim">{nameOf(item)}</span>;
  return (
    <span
      class="aqi-chip"
      data-aqi={item.value}
      data-band={item.level}
      data-ink={inkOn(item.colour)}
      style={{ background: item.colour }}
    >
      <b class="number">{formatNumber(item.value)}</b> {nameOf(item)}
    </span>
  );
}

/** The end of the hour, which names it. */
function hour(at: string | null): string {
  return at === null ? "–" : formatMoment(Date.parse(at), now.value).replace(/:00$/, "");
}

interface Details {
  dominant?: string | null;
  station?: string | null;
  sub_indices?: Readonly<Record<string, number>>;
  concentrations?: Readonly<Record<string, number>>;
  advice_vi?: string | null;
  advice_en?: string | null;
  sensitive_vi?: string | null;
  sensitive_en?: string | null;
}

/** All that is to be published with an index: band, sub-indices with the dominant one, advice, station, method. */
export function AirCard({ place, item }: { place: Subject; item: IndexItem }) {
  const facts = (item.details ?? {}) as Details;
  const colour = item.colour ?? "";
  const parts = Object.entries(facts.sub_indices ?? {});
  const vi = language.value === "vi";
  return (
    <Panel name={`air-${place.key}`} title={t("boards.air_of", { place: nameOf(place) })}>
      {item.value === null ? (
        <p class="dim">{nameOf(item)}</p>
      ) : (
        <div class="aqi" data-band={item.level} data-aqi={item.value}>
          <p class="aqi-head" data-ink={inkOn(colour)} style={{ background: colour }}>
            <b class="number">{formatNumber(item.value)}</b>
            <span>
              <strong>{nameOf(item)}</strong>
              <small>{t("boards.aqi_hour", { time: hour(item.at) })}</small>
            </span>
          </p>
          <table class="aqi-parts">
            <caption class="unseen">{t("boards.sub_indices")}</caption>
            <tbody>
              {parts.map(([pollutant, index]) => (
                <tr key={pollutant} data-pollutant={pollutant} data-dominant={pollutant === facts.dominant}>
                  <th scope="row">
                    {POLLUTANTS[pollutant] ?? pollutant}
                    {pollutant === facts.dominant && <span class="badge">{t("boards.dominant_mark")}</span>}
                  </th>
                  <td class="aqi-track" aria-hidden="true">
                    <i style={{ width: `${Math.min(100, (index / 300) * 100)}%` }} />
                  </td>
                  <td class="right number">{formatNumber(index)}</td>
                  <td class="right number dim">{formatNumber(facts.concentrations?.[pollutant], 1)} µg/m³</td>
                </tr>
              ))}
            </tbody>
          </table>
          <dl class="aqi-advice">
            <dt>{t("boards.everyone")}</dt>
            <dd>{vi ? facts.advice_vi : facts.advice_en}</dd>
            <dt>{t("boards.sensitive")}</dt>
            <dd>{vi ? facts.sensitive_vi : facts.sensitive_en}</dd>
          </dl>
          <p class="dim aqi-source">
            {t("boards.aqi_source", { station: facts.station ?? "–" })} · {item.legal_basis}
          </p>
        </div>
      )}
    </Panel>
  );
}
