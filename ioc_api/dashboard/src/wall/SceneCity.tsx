import type { ComponentChildren } from "preact";
import { shortName } from "../city/CityLine";
import { verdictOf } from "../city/verdict";
import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { SeverityMark } from "../marks/SeverityMark";
import { tally } from "../store/alerts";
import { counts } from "../store/counts";
import { type IndexItem, indices, type ShownIndex } from "../store/indices";
import { judged, written } from "../store/judged";
import { may } from "../store/me";
import { areas } from "../store/registry";
import { connection, health } from "../store/system";

/** The city in a word, and the few figures that stand for it. */
export function SceneCity() {
  const { tone, text, values } = verdictOf({
    live: connection.value.phase === "live",
    source: health.value?.source ?? null,
    judged: judged.value,
    alerts: may("alerts.read") ? tally.value.counts : null,
    sensors: counts.of(),
  });
  const figures = Object.fromEntries(Object.entries(values).map(([name, n]) => [name, formatNumber(n)]));
  const { online, sensors, maintenance } = counts.of();
  const due = sensors - maintenance;
  return (
    <div class="wall-city">
      <p class="wall-verdict" data-tone={tone}>
        <Mark
          of={tone === "ok" ? "online" : tone === "off" ? "offline" : tone === "late" ? "late" : "never_seen"}
        />
        <strong>{t(text, figures)}</strong>
      </p>
      <div class="wall-blocks">
        <Block name="alerts" title={t("line.alerts")}>
          {(["critical", "major", "warning"] as const).map((severity) => (
            <Big
              key={severity}
              mark={<SeverityMark of={severity} />}
              value={written(tally.value.counts[severity])}
              words={t(`severity.${severity}`)}
            />
          ))}
        </Block>
        <Index
          of="vn_aqi_hourly"
          domain="environment"
          title={t("line.air")}
          write={(i) => formatNumber(i.value)}
        />
        <Index of="tti" domain="traffic" title={t("line.traffic")} write={(i) => i.level ?? "–"} />
        <Index
          of="lamps_on"
          domain="lighting"
          title={t("line.lamps")}
          write={(i) => formatNumber(i.value)}
          unit="%"
        />
        <Block name="sensors" title={t("line.sensors")}>
          <Big
            value={due > 0 ? formatNumber(Math.floor((online * 100) / due)) : "–"}
            unit="%"
            words={t("line.of", { online: formatNumber(online), due: formatNumber(due) })}
          />
        </Block>
      </div>
    </div>
  );
}

function Block({ name, title, children }: { name: string; title: string; children: ComponentChildren }) {
  return (
    <div class="wall-block" data-block={name}>
      <h2>{title}</h2>
      <div class="wall-bigs">{children}</div>
    </div>
  );
}

interface BigProps {
  mark?: ComponentChildren;
  value: string;
  unit?: string;
  words: string;
}

function Big({ mark, value, unit, words }: BigProps) {
  return (
    <div class="wall-big">
      <span class="wall-big-value">
        {mark}
        <b class="number">{value}</b>
        {unit && value !== "–" && <span class="wall-words">{unit}</span>}
      </span>
      <span class="wall-words">{words}</span>
    </div>
  );
}

interface IndexProps {
  of: ShownIndex;
  domain: string;
  title: string;
  write: (item: IndexItem) => string;
  unit?: string;
}

function Index({ of, domain, title, write, unit = "" }: IndexProps) {
  const shown = areas.value.filter((area) => counts.of({ area: area.code, domain }).sensors > 0);
  if (shown.length === 0) return null;
  return (
    <Block name={of} title={title}>
      {shown.map((area) => {
        const item = indices.of(of, area.code);
        const known = item !== null && item.value !== null;
        // The level of service is its letter; what it means has no room here.
        const level = known && of === "vn_aqi_hourly" ? ` · ${nameOf(item)}` : "";
        const swatch =
          known && item.colour ? <i class="wall-swatch" style={{ background: item.colour }} /> : null;
        return (
          <Big
            key={area.code}
            mark={swatch}
            value={known ? write(item) : "–"}
            unit={unit}
            words={`${shortName(area)}${level}`}
          />
        );
      })}
    </Block>
  );
}
