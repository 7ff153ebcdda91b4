import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatNumber } from "../format";
import { half, nameOf, t } from "../i18n";
import type { Refused, Report } from "../store/acting";
import { takeBack } from "./doing";
import { sentence } from "./said";
import { busy, look, progress, type Told, told, undoUntil } from "./state";

/** Names that are told of a reason; of more how many. */
const NAMED = 6;

/** What was done and what was not, and the way back where there is one. */
export function ReportBar() {
  const left = useSignal(0);
  const held = useSignal(false);
  const last = told.value;
  const sent = progress.value;
  useEffect(() => {
    if (last === null) return;
    const count = (): void => {
      left.value = Math.max(0, Math.ceil((undoUntil.peek() - Date.now()) / 1000));
    };
    count();
    const tick = setInterval(() => {
      // Held, it waits; what is over stays over.
      if ((held.peek() || busy.peek()) && left.peek() > 0) undoUntil.value += 1000;
      count();
      if (held.peek() || busy.peek()) return;
      // What was refused stays until somebody has read it.
      if (left.value <= 0 && !lacks(last)) told.value = null;
    }, 1000);
    return () => clearInterval(tick);
  }, [last]);
  const away = last === null || sent !== null;
  useEffect(() => {
    // What is gone is not held any more, and does not say so.
    if (away) held.value = false;
  }, [away]);
  if (sent !== null)
    return (
      <div class="desk-report" role="status">
        <p>{t("desk.sending", { done: formatNumber(sent.done), all: formatNumber(sent.all) })}</p>
      </div>
    );
  if (last === null) return <div class="desk-report" role="status" />;
  const undo = left.value > 0 && (last.kind === "acts" ? last.again : !last.ended && last.made.length > 0);
  const hold = (on: boolean) => () => {
    held.value = on;
  };
  return (
    <div
      class="desk-report"
      data-report={last.kind}
      onPointerEnter={hold(true)}
      onPointerLeave={hold(false)}
      onFocusIn={hold(true)}
      onFocusOut={hold(false)}
    >
      <div role="status" class="report-said">
        <p data-tone={lacks(last) ? "late" : "ok"}>{sentence(last)}</p>
        {last.kind === "acts" && <Refusals report={last.report} />}
        {last.kind === "silences" && last.failed.map((why) => <p key={why}>{half(why)}</p>)}
      </div>
      <div class="report-acts">
        {undo && (
          <button type="button" class="act" data-due="true" data-act="undo" onClick={() => takeBack()}>
            {t(last.kind === "acts" && last.report.act === "resolve" ? "do.reopen" : "desk.undo")}
            <span class="key" aria-hidden="true">
              u
            </span>
            <span class="number dim" aria-hidden="true">
              {left.value}
            </span>
          </button>
        )}
        <button
          type="button"
          class="close"
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          onClick={() => {
            told.value = null;
          }}
        >
          ×
        </button>
      </div>
    </div>
  );
}

function lacks(last: Told): boolean {
  return last.kind === "acts" ? last.report.refused.length > 0 : last.failed.length > 0;
}

/** What was not done, by reason, with the alerts it was not done to. */
function Refusals({ report }: { report: Report }) {
  const groups = new Map<string, Refused[]>();
  for (const one of report.refused) {
    const why = reasonOf(one);
    groups.set(why, [...(groups.get(why) ?? []), one]);
  }
  if (groups.size === 0) return null;
  return (
    <ul class="report-refused">
      {[...groups].map(([why, list]) => (
        <li key={why} data-why={list[0]?.why}>
          <span>{why}: </span>
          {list.slice(0, NAMED).map(({ alert }) => (
            <button
              key={alert.id}
              type="button"
              class="text-button"
              title={nameOf(alert)}
              onClick={() => look(alert.id)}
            >
              {t("desk.short_number", { number: alert.id })}
            </button>
          ))}
          {list.length > NAMED && (
            <span>{t("desk.and_more", { count: formatNumber(list.length - NAMED) })}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Why it was not done, and how the alert stands now where that is why. */
function reasonOf({ why, detail, current }: Refused): string {
  if (why === "unknown") return t("desk.unknown");
  if (why === "unsent") return detail === "" ? t("desk.unsent") : half(detail);
  if (why === "missing") return t("do.gone");
  if (why === "changed" && current) return t("desk.changed", { state: t(`standing.${current.state}`) });
  return half(detail);
}
