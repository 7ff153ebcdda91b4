import { useSignal } from "@preact/signals";
import { Words } from "../alerts/ActionForm";
import { missing, NAME, NOTE } from "../alerts/acts";
import { placeOf } from "../alerts/words";
import type { Alert } from "../api/alerts";
import { formatNumber } from "../format";
import { half, nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import type { Refused } from "../store/acting";
import { alerts } from "../store/alerts";
import { allDepartments } from "../store/departments";
import type { Act } from "../store/detail";
import { me } from "../store/me";
import { Dialog } from "./Dialog";
import { act } from "./doing";
import { asked, busy, told } from "./state";

/** What is said with an action, for one alert or for many. They are changed as they were seen when it was opened. */
export function DoDialog({ what, list }: { what: Act; list: Alert[] }) {
  const note = useSignal("");
  const to = useSignal("");
  const lacks = useSignal<string | null>(null);
  const close = (): void => {
    asked.value = null;
  };
  const send = async (): Promise<void> => {
    lacks.value = missing(what, list, note.value, to.value);
    if (lacks.value !== null || busy.peek()) return;
    const whole = await act(list, what, {
      note: note.value,
      ...(what === "assign" && { to: to.value.trim() }),
    });
    const last = told.peek();
    const report = whole || last?.kind !== "acts" ? null : last.report;
    // What was written stays where nothing came of it.
    if (report?.done.length === 0 && report.refused.every(({ why }) => why === "unsent" || why === "unknown"))
      lacks.value = reasonOf(report.refused[0]);
    else close();
  };
  return (
    <Dialog name={what} title={t(`do.${what}`)} onClose={close}>
      <form
        class="do"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
        }}
      >
        <About list={list} />
        {what === "assign" && (
          <Words name="to" label={t("do.to")} most={NAME} value={to} offered={offered()} autofocus />
        )}
        <Words name="note" label={t("do.note")} most={NOTE} long value={note} autofocus={what !== "assign"} />
        {me.value && <p class="dim do-note">{t("do.as", { name: me.value.full_name })}</p>}
        <p class="do-said" role="status" data-tone="late">
          {busy.value ? t("do.working") : lacks.value}
        </p>
        <div class="do-buttons">
          <button type="submit" class="act" data-due="true" data-act="send" aria-disabled={busy.value}>
            {list.length > 1
              ? t("desk.do_many", { what: t(`do.${what}`), count: formatNumber(list.length) })
              : t(`do.${what}`)}
          </button>
          <button type="button" class="act" data-act="cancel" onClick={close}>
            {t("desk.cancel")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function reasonOf(one: Refused | undefined): string {
  return one?.why === "unknown" ? t("do.failed") : half(one?.detail || t("desk.unsent"));
}

/** Which alerts it is about: one by name, of more the first and how many. */
export function About({ list }: { list: readonly Alert[] }) {
  return (
    <ul class="dialog-about do-note">
      {list.slice(0, 3).map((alert) => (
        <li key={alert.id}>
          <SeverityMark of={alert.severity} />
          <span>
            <b>{nameOf(alert)}</b> <span class="dim">{placeOf(alert).join(" · ")}</span>
          </span>
        </li>
      ))}
      {list.length > 3 && <li class="dim">{t("desk.and_more", { count: formatNumber(list.length - 3) })}</li>}
    </ul>
  );
}

/** Names to whom something was given before, oneself, and departments. */
function offered(): string[] {
  const names = new Set<string>(me.peek() ? [me.peek()?.full_name ?? ""] : []);
  for (const alert of alerts.peek().values()) if (alert.assigned_to) names.add(alert.assigned_to);
  for (const one of allDepartments.peek()) names.add(nameOf(one));
  return [...names].filter(Boolean).slice(0, 60);
}
