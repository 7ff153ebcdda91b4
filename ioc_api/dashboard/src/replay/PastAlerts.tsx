import { useSignal } from "@preact/signals";
import { placeOf, quantity } from "../alerts/words";
import type { Alert } from "../api/alerts";
import { formatMoment, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { Trouble } from "../parts/Trouble";
import type { Entry } from "../store/alerts";
import { now } from "../store/clock";
import type { Listed } from "../store/lists";
import { linkTo } from "../store/route";

/** Rows that are drawn; the rest are counted. */
const MOST = 100;

interface Props {
  /** open at the moment that is shown */
  entries: readonly Entry[];
  /** all that began in the span; null: not asked for */
  span: Listed<Alert>;
  /** go to that moment */
  jump: (ms: number) => void;
}

/** The alerts as of then, and all of the span to jump to. */
export function PastAlerts({ entries, span, jump }: Props) {
  const which = useSignal<"then" | "span">("then");
  const all = span.items.value ?? [];
  const then = entries.flatMap(({ alert, children }) => [alert, ...children]);
  const list = which.value === "then" ? then : all;
  return (
    <section class="past-alerts" aria-label={t("replay.alerts")}>
      <fieldset class="chips" aria-label={t("replay.alerts")}>
        <button
          type="button"
          class="chip"
          data-list="then"
          aria-pressed={which.value === "then"}
          onClick={() => {
            which.value = "then";
          }}
        >
          {t("replay.alerts_then")} <span class="number">{formatNumber(then.length)}</span>
        </button>
        <button
          type="button"
          class="chip"
          data-list="span"
          aria-pressed={which.value === "span"}
          onClick={() => {
            which.value = "span";
          }}
        >
          {t("replay.alerts_span")} <span class="number">{formatNumber(all.length)}</span>
        </button>
      </fieldset>
      {which.value === "span" && <Trouble list={span} />}
      {list.length === 0 && (which.value === "then" || span.items.value !== null) && (
        <p class="dim past-none">{t(which.value === "then" ? "replay.none_then" : "replay.none_span")}</p>
      )}
      <ul class="plain-list past-list" data-count={list.length}>
        {list.slice(0, MOST).map((alert) => (
          <Row key={alert.id} alert={alert} then={which.value === "then"} jump={jump} />
        ))}
      </ul>
      {list.length > MOST && (
        <p class="dim past-none">{t("replay.more", { count: formatNumber(list.length - MOST) })}</p>
      )}
    </section>
  );
}

/** Of then: how it stood. Of the span: what it was, and the way to its beginning. */
function Row({ alert, then, jump }: { alert: Alert; then: boolean; jump: (ms: number) => void }) {
  const began = Date.parse(alert.started_at);
  return (
    <li
      class="past-alert"
      data-alert={alert.id}
      data-severity={alert.severity}
      data-state={then ? alert.state : ""}
    >
      <SeverityMark of={alert.severity} />
      <span class="past-what">
        <span class="unseen">{t(`severity.${alert.severity}`)}: </span>
        <a href={linkTo(alert.id)} title={t("replay.alert_now")}>
          {nameOf(alert)}
        </a>
        <span class="past-where dim">{placeOf(alert).join(" · ")}</span>
        <span class="past-how">
          {then && (
            <span class="standing" data-standing={alert.state}>
              {t(`standing.${alert.state}`)}
            </span>
          )}
          <span class="number">{quantity(then ? alert.value : (alert.peak ?? alert.value), alert)}</span>
        </span>
      </span>
      <button
        type="button"
        class="past-jump number"
        title={t("replay.jump")}
        aria-label={t("replay.jump_to", { time: formatMoment(began, now.value) })}
        onClick={() => jump(began - 60_000)}
      >
        {formatMoment(began, now.value)}
      </button>
    </li>
  );
}
