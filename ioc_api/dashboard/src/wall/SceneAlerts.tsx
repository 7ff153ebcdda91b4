import { placeOf, quantity } from "../alerts/words";
import type { Alert } from "../api/alerts";
import { formatAge, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { SeverityMark } from "../marks/SeverityMark";
import { alerts, arrange, supply, tally } from "../store/alerts";
import { now } from "../store/clock";
import { instead, judged, unjudged } from "../store/judged";
import { Doubt } from "./Doubt";

/** Rows that are made; those that have no room are cut off by the pane. */
const MOST = 6;

/** The gravest alerts, the newest of them first; and that nobody judges, where that is so. */
export function SceneAlerts() {
  const doubt = unjudged.value;
  const found = supply.value === "there" ? arrange(alerts.value.values(), "severity") : [];
  if (found.length === 0)
    return judged.value ? (
      <p class="wall-none" data-none>
        <Mark of="online" />
        <strong>{t("alerts.none")}</strong>
      </p>
    ) : (
      <p class="wall-none" data-supply={supply.value}>
        {doubt === null ? t(instead.value) : <Said of={doubt} />}
      </p>
    );
  return (
    <div class="wall-alerts" data-few={found.length <= 3} data-doubt={doubt !== null}>
      <h2>
        {t("line.alerts")} <b class="number">{formatNumber(tally.value.all)}</b>
        {tally.value.unseen > 0 && (
          <span>{t("alerts.unseen", { count: formatNumber(tally.value.unseen) })}</span>
        )}
      </h2>
      <Doubt />
      <ul>
        {found.slice(0, MOST).map(({ alert, children }) => (
          <Row key={alert.id} alert={alert} more={children.length} />
        ))}
      </ul>
    </div>
  );
}

/** In the place of the list. */
function Said({ of }: { of: "alerts.down" | "alerts.unjudged" }) {
  return (
    <>
      <Mark of="never_seen" />
      <strong data-doubt={of}>{t(of)}</strong>
    </>
  );
}

function Row({ alert, more }: { alert: Alert; more: number }) {
  const age = Math.max(0, now.value - Date.parse(alert.started_at)) / 1000;
  const [near, ...far] = placeOf(alert);
  return (
    <li class="wall-alert" data-severity={alert.severity} data-unseen={alert.state === "firing"}>
      <SeverityMark of={alert.severity} />
      <div>
        <p class="wall-alert-what">
          <strong>{nameOf(alert)}</strong>
          {more > 0 && <span class="number"> +{formatNumber(more)}</span>}
        </p>
        <p class="wall-words">
          {[far[far.length - 1] ?? near, far.length > 0 ? near : null].filter(Boolean).join(" · ")}
        </p>
      </div>
      <p class="wall-alert-when">
        <b class="number">{alert.value === null ? "" : quantity(alert.value, alert)}</b>
        <span class="wall-words">{formatAge(age)}</span>
      </p>
    </li>
  );
}
