import { CONDITIONS } from "../api/types";
import { formatAge, formatDate, formatNumber, formatTime } from "../format";
import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { now } from "../store/clock";
import { counts } from "../store/counts";
import { connection, health } from "../store/system";
import { Menu } from "./Menu";
import { ServiceLamp } from "./ServiceLamp";
import { Switches } from "./Switches";

/** Name, the three lamps that an operator glances at, the clock, and the switches. */
export function Header() {
  return (
    <header class="head">
      <div class="brand">
        <span class="brand-mark">{t("app.short")}</span>
        <span class="brand-text">
          <strong>{t("app.place")}</strong>
          <small>{t("app.title")}</small>
        </span>
      </div>
      <div class="lamps">
        <ConnectionLamp />
        <SourceLamp />
        <SensorLamp />
        <ServiceLamp />
      </div>
      <Clock />
      <Switches>
        <Menu />
      </Switches>
    </header>
  );
}

function ConnectionLamp() {
  const state = connection.value;
  const phase = state.phase === "connecting" && state.lostAt !== null ? "waiting" : state.phase;
  const tone = phase === "live" ? "ok" : phase === "stopped" ? "off" : "late";
  return (
    <div class="lamp" data-lamp="connection" data-tone={tone} role="status">
      <small>{t("status.connection")}</small>
      <span class="lamp-value">
        <Mark of={tone === "ok" ? "online" : tone === "late" ? "late" : "offline"} />
        {t(`connection.${phase}`)}
      </span>
    </div>
  );
}

function SourceLamp() {
  const state = health.value;
  const live = connection.value.phase === "live";
  const source = live && state ? state.source : "unknown";
  const tone =
    source === "ok" ? "ok" : source === "degraded" ? "late" : source === "stopped" ? "off" : "never";
  const mark = { ok: "online", late: "late", off: "offline", never: "never_seen" } as const;
  const lag = live ? state?.ingest_lag_s : null;
  return (
    <div class="lamp" data-lamp="source" data-tone={tone} role="status">
      <small>{t("status.source")}</small>
      <span class="lamp-value">
        <Mark of={mark[tone]} />
        {t(`source.${source}`)}
        {typeof lag === "number" && (
          <span class="lamp-more">
            {t("source.lag", {
              age: lag < 10 ? `${formatNumber(lag, 1)} ${t("unit.second")}` : formatAge(lag),
            })}
          </span>
        )}
      </span>
    </div>
  );
}

function SensorLamp() {
  const count = counts.of();
  return (
    <div class="lamp lamp-sensors" data-lamp="sensors">
      <small>{t("status.sensors")}</small>
      <span class="lamp-value">
        {CONDITIONS.filter((name) => name !== "maintenance" || count.maintenance > 0).map((name) => (
          <span
            key={name}
            class="tally"
            data-count={name}
            data-none={count[name] === 0}
            title={t(`liveness.${name}`)}
          >
            <Mark of={name} />
            <span class="number">{formatNumber(count[name])}</span>
            <span class="tally-word">{t(`liveness.${name}`)}</span>
          </span>
        ))}
      </span>
    </div>
  );
}

function Clock() {
  return (
    <div class="clock" title={t("clock.zone")}>
      <time class="clock-time">{formatTime(now.value)}</time>
      <small class="clock-date">{formatDate(now.value)} · UTC+7</small>
    </div>
  );
}
