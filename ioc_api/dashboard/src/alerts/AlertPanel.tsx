import { useSignal } from "@preact/signals";
import { SEVERITIES } from "../api/alerts";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { entries, type Order, order, over, supply, tally } from "../store/alerts";
import { engine, instead, unjudged } from "../store/judged";
import { alertId } from "../store/route";
import { connection, parts } from "../store/system";
import { AlertRow } from "./AlertRow";
import { word } from "./words";

/** Entries that are drawn at first, and with each wish for more: a flood must not stop the screen. */
const PAGE = 100;

/** What is open, the gravest first; one quiet line where nothing is. */
export function AlertPanel() {
  const opened = useSignal(false);
  const pages = useSignal(1);
  const { all, unseen, counts } = tally.value;
  const done = over.value.length;
  const list = entries.value;
  const wide = all > 0 || alertId.value !== null || (opened.value && done > 0);
  const left = list.length - pages.value * PAGE;
  return (
    <section
      class="panel alerts-panel"
      data-open={all}
      data-wide={wide}
      data-supply={supply.value}
      aria-label={t("alerts.title")}
    >
      <div class="panel-head alerts-head" role="status">
        {all > 0 ? (
          <>
            <h2>
              {t("alerts.title")} <span class="alerts-count number">{formatNumber(all)}</span>
            </h2>
            <span class="alerts-tally">
              {SEVERITIES.filter((s) => counts[s] > 0).map((s) => (
                <span key={s} class="tally" data-severity={s} title={t(`severity.${s}`)}>
                  <SeverityMark of={s} />
                  <span class="number">{formatNumber(counts[s])}</span>
                  <span class="unseen">{t(`severity.${s}`)}</span>
                </span>
              ))}
            </span>
          </>
        ) : (
          <span class="dim alerts-none">{t(instead.value)}</span>
        )}
      </div>
      <EngineNote />
      {all > 0 && <OrderSwitch choice={list.length > 1} unseen={unseen} />}
      {wide && (
        <div class="alerts-box">
          <ul class="alerts-list">
            {list.slice(0, pages.value * PAGE).map((entry) => (
              <AlertRow key={entry.alert.id} alert={entry.alert} within={entry.children} />
            ))}
          </ul>
          {left > 0 && (
            <button type="button" class="alerts-more" onClick={() => pages.value++}>
              {t("alerts.more", { count: formatNumber(Math.min(left, PAGE)) })}
            </button>
          )}
        </div>
      )}
      {done > 0 && (
        <div class="alerts-over">
          <button
            type="button"
            class="alerts-fold"
            aria-expanded={opened.value}
            onClick={() => {
              opened.value = !opened.value;
            }}
          >
            <i class="fold-sign" aria-hidden="true" />
            {t("alerts.over", { count: formatNumber(done) })}
          </button>
          {opened.value && (
            <ul class="alerts-list">
              {over.value.slice(0, PAGE).map((alert) => (
                <AlertRow key={alert.id} alert={alert} within={[]} />
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  );
}

/** That the engine itself is not well; what is wrong with it is told to those who run it. */
function EngineNote() {
  if (connection.value.phase !== "live" || supply.value !== "there") return null;
  const doubt = unjudged.value;
  if (doubt === null && engine.value === "ok") return null;
  const faults = faultsOf(parts.value.get("alerts") ?? {});
  return (
    <p class="alerts-engine" data-engine={engine.value ?? "unknown"}>
      {doubt !== null ? t(doubt) : faults.length > 0 ? faults.join(" · ") : t("alerts.degraded")}
    </p>
  );
}

/** What is wrong with it, in the reader's words where there are some. */
export function faultsOf(engine: Readonly<Record<string, unknown>>): string[] {
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const aside = texts(engine.aside);
  const found: string[] = [];
  if (aside.length > 0) found.push(t("alerts.aside", { rules: aside.join(", ") }));
  if (engine.broker === false) found.push(t("alerts.deaf"));
  if (texts(engine.reasons).some((reason) => reason.includes("behind the clock")))
    found.push(t("alerts.behind"));
  if (typeof engine.stumbled === "number" && engine.stumbled > 0)
    found.push(t("alerts.stumbled", { count: formatNumber(engine.stumbled) }));
  return found.length > 0 ? found : texts(engine.reasons);
}

/** What comes first in the list, and how much of it waits for somebody. */
function OrderSwitch({ choice, unseen }: { choice: boolean; unseen: number }) {
  return (
    <div class="alerts-order">
      {choice && (
        <fieldset class="chips" aria-label={t("alerts.title")}>
          {(["severity", "time"] as Order[]).map((by) => (
            <button
              key={by}
              type="button"
              class="chip"
              aria-pressed={order.value === by}
              onClick={() => {
                order.value = by;
              }}
            >
              {word(`alerts.by_${by}`, by)}
            </button>
          ))}
        </fieldset>
      )}
      <span class="dim">
        {unseen > 0 ? t("alerts.unseen", { count: formatNumber(unseen) }) : t("alerts.all_seen")}
      </span>
    </div>
  );
}
