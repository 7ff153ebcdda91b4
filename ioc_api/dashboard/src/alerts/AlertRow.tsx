import { useSignal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { formatAge, formatMoment, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { isOpen } from "../store/alerts";
import { now } from "../store/clock";
import { departmentName } from "../store/departments";
import { alertId, linkTo } from "../store/route";
import { limitOf, placeOf, quantity } from "./words";

/** Children of an incident that are drawn; the rest are counted. */
const MOST = 200;

/** One alert in the list: a link to all that is known of it, and under it those it speaks for. */
export function AlertRow({ alert, within }: { alert: Alert; within: Alert[] }) {
  const unfolded = useSignal(false);
  return (
    <li class="alert-item" data-alert={alert.id} data-severity={alert.severity} data-state={alert.state}>
      <AlertLink alert={alert} />
      {within.length > 0 && (
        <>
          <button
            type="button"
            class="alerts-fold"
            aria-expanded={unfolded.value}
            onClick={() => {
              unfolded.value = !unfolded.value;
            }}
          >
            <i class="fold-sign" aria-hidden="true" />
            {t("alerts.children", { count: formatNumber(within.length) })}
          </button>
          {unfolded.value && (
            <ul class="alerts-list alerts-within">
              {within.slice(0, MOST).map((child) => (
                <li
                  key={child.id}
                  class="alert-item"
                  data-alert={child.id}
                  data-severity={child.severity}
                  data-state={child.state}
                >
                  <AlertLink alert={child} folded />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </li>
  );
}

/** `folded`: it stands under its incident, which need not be said again. */
function AlertLink({ alert, folded = false }: { alert: Alert; folded?: boolean }) {
  const since = Date.parse(alert.started_at);
  const limit = limitOf(alert);
  const place = placeOf(alert).join(" · ");
  return (
    <a
      class="alert-row"
      href={linkTo(alert.id)}
      aria-current={alertId.value === alert.id ? "page" : undefined}
    >
      <span class="alert-line">
        <SeverityMark of={alert.severity} />
        <strong class="alert-name">{nameOf(alert)}</strong>
      </span>
      <span class="alert-place" title={place}>
        {place}
      </span>
      <span class="alert-line alert-facts">
        <b class="number">{quantity(alert.value, alert)}</b>
        {limit && <span class="dim number">{limit}</span>}
        <span class="alert-age number">
          {isOpen(alert)
            ? formatAge((now.value - since) / 1000)
            : t("alert.ended", {
                time: formatMoment(Date.parse(alert.resolved_at ?? alert.started_at), now.value),
              })}
        </span>
      </span>
      <span class="alert-line alert-foot">
        <span class="unseen">{t(`severity.${alert.severity}`)}</span>
        <Standing alert={alert} />
        <Badges alert={alert} folded={folded} />
        <span class="dim alert-department">
          {alert.department ? departmentName(alert.department) : t("alert.nobody")}
        </span>
        <time class="dim number" title={t("alert.since", { time: formatMoment(since, now.value) })}>
          {formatMoment(since, now.value)}
        </time>
      </span>
    </a>
  );
}

/** What was done about it. */
export function Standing({ alert }: { alert: Alert }) {
  return (
    <span class="standing" data-standing={alert.state}>
      {t(`standing.${alert.state}`)}
    </span>
  );
}

/** What is out of the ordinary with it. */
export function Badges({ alert, folded = false }: { alert: Alert; folded?: boolean }) {
  return (
    <>
      {alert.flapping && <span class="badge">{t("alert.flapping")}</span>}
      {alert.condition === "lost" && <span class="badge badge-off">{t("alert.lost")}</span>}
      {alert.condition === "clearing" && isOpen(alert) && (
        <span class="badge badge-ok">{t("alert.clearing")}</span>
      )}
      {alert.incident !== null && !folded && <span class="badge">{t("alert.child")}</span>}
    </>
  );
}
