import { formatMoment } from "../format";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { now } from "../store/clock";
import { linkTo } from "../store/route";
import { type Events, endOf } from "./events";

/** So many are listed; the signs on the charts lead to the others. */
const LISTED = 30;

/** What was alerted in the span, the newest first. */
export function EventList({ events }: { events: Events }) {
  const alerts = events.alerts.value;
  const trouble = events.trouble.value;
  const shown = alerts.toSorted((a, b) => b.started_at.localeCompare(a.started_at)).slice(0, LISTED);
  return (
    <section class="card card-wide history-events">
      <h2>{t("history.events")}</h2>
      {trouble !== null && (
        <p class="list-trouble" role="alert">
          {t("history.events_trouble", { why: trouble })}
        </p>
      )}
      {trouble === null && alerts.length === 0 && !events.more.value && (
        <p class="dim">{t("history.no_events")}</p>
      )}
      <ul class="plain-list">
        {shown.map((alert) => {
          const end = endOf(alert);
          return (
            <li key={alert.id} class="history-event" data-severity={alert.severity}>
              <SeverityMark of={alert.severity} />
              <span class="number">
                {formatMoment(Date.parse(alert.started_at), now.value)} –{" "}
                {end === null ? t("history.going_on") : formatMoment(end, now.value)}
              </span>
              <a href={linkTo(alert.id)}>{nameOf(alert)}</a>
              <span class="dim">{alert.sensor_name ?? alert.place}</span>
            </li>
          );
        })}
      </ul>
      {(events.more.value || alerts.length > LISTED) && <p class="dim">{t("history.events_more")}</p>}
    </section>
  );
}
