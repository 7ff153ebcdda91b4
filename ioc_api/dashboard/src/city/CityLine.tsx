import type { ComponentChildren } from "preact";
import type { Area } from "../api/types";
import { formatNumber } from "../format";
import { half, nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { SeverityMark } from "../marks/SeverityMark";
import { tally } from "../store/alerts";
import { counts } from "../store/counts";
import { type IndexItem, indices, type ShownIndex } from "../store/indices";
import { judged, written } from "../store/judged";
import { may } from "../store/me";
import { areas } from "../store/registry";
import { connection, health } from "../store/system";
import { type Standing, verdictOf } from "./verdict";

/** The city in one line: how it is in words, and the figures that say so. Read from across the room. */
export function CityLine() {
  const standing: Standing = {
    live: connection.value.phase === "live",
    source: health.value?.source ?? null,
    judged: judged.value,
    alerts: may("alerts.read") ? tally.value.counts : null,
    sensors: counts.of(),
  };
  const { tone, text, values } = verdictOf(standing);
  return (
    <section class="city-line" data-tone={tone} aria-label={t("line.title")}>
      <p class="verdict" data-verdict={text} role="status">
        <Mark
          of={tone === "ok" ? "online" : tone === "off" ? "offline" : tone === "late" ? "late" : "never_seen"}
        />
        <strong>{t(text, numbers(values))}</strong>
      </p>
      {standing.alerts && (
        <Block name="alerts" title={t("line.alerts")}>
          {(["critical", "major"] as const).map((severity) => (
            <a key={severity} class="line-figure" href="#/desk" data-severity={severity}>
              <span class="line-value">
                <SeverityMark of={severity} />
                <b class="number">{standing.alerts ? written(standing.alerts[severity]) : "–"}</b>
              </span>
              <small>{t(`severity.${severity}`)}</small>
            </a>
          ))}
        </Block>
      )}
      <Index of="vn_aqi_hourly" domain="environment" title={t("line.air")} write={air} />
      <Index of="tti" domain="traffic" title={t("line.traffic")} write={(item) => item.level ?? "–"} />
      <Index of="lamps_on" domain="lighting" title={t("line.lamps")} write={lamps} />
      <Sensors />
    </section>
  );
}

const air = (item: IndexItem): string => formatNumber(item.value);
const lamps = (item: IndexItem): string => `${formatNumber(item.value)} %`;

function numbers(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, n]) => [name, formatNumber(n)]));
}

function Block({ name, title, children }: { name: string; title: string; children: ComponentChildren }) {
  return (
    <div class="line-block" data-line={name}>
      <h2>{title}</h2>
      <div class="line-figures">{children}</div>
    </div>
  );
}

/** What an area is called where there is little room. */
export function shortName(area: Area): string {
  return nameOf(area)
    .replace(/^Thành phố /, "")
    .replace(/ city$/i, "");
}

interface IndexProps {
  of: ShownIndex;
  domain: string;
  title: string;
  write: (item: IndexItem) => string;
}

/** An index of each area that has sensors of its domain; colours are those of the API. */
function Index({ of, domain, title, write }: IndexProps) {
  const shown = areas.value.filter((area) => counts.of({ area: area.code, domain }).sensors > 0);
  if (shown.length === 0) return null;
  return (
    <Block name={of} title={title}>
      {shown.map((area) => {
        const item = indices.of(of, area.code);
        const known = item !== null && item.value !== null;
        const words = known && of !== "lamps_on" ? nameOf(item) : null;
        const why = item?.reason ? half(item.reason) : "";
        return (
          <div
            key={area.code}
            class="line-figure"
            data-area={area.code}
            data-value={item?.value ?? ""}
            title={[nameOf(area), words ?? why].filter(Boolean).join(": ")}
          >
            <span class="line-value">
              {known && item.colour && (
                <i class="line-swatch" data-colour={item.colour} style={{ background: item.colour }} />
              )}
              <b class="number">{known ? write(item) : "–"}</b>
              {words && <span class="line-word">{words}</span>}
            </span>
            <small>{shortName(area)}</small>
          </div>
        );
      })}
    </Block>
  );
}

/** How many report of those that should. */
function Sensors() {
  const { online, sensors, maintenance } = counts.of();
  const due = sensors - maintenance;
  return (
    <Block name="sensors" title={t("line.sensors")}>
      <div class="line-figure" data-online={online} data-due={due}>
        <span class="line-value">
          <b class="number">{due > 0 ? `${formatNumber(Math.floor((online * 100) / due))} %` : "–"}</b>
        </span>
        <small class="number">{t("line.of", { online: formatNumber(online), due: formatNumber(due) })}</small>
      </div>
    </Block>
  );
}
