import type { Alert } from "../api/alerts";
import { t } from "../i18n";
import { now } from "../store/clock";
import { may } from "../store/me";
import { addressOf } from "../store/route";
import { around, queryOf } from "./spans";

/** The way to the time around an alert, on the page that replays it. */
export function ReplayLink({ alert }: { alert: Alert }) {
  if (!may("read")) return null;
  const ended = alert.resolved_at ?? alert.cleared_at;
  return (
    <a
      class="text-button"
      data-replay-link
      href={addressOf("replay", "", queryOf(around(alert.started_at, ended, now.value)))}
    >
      {t("replay.around")}
    </a>
  );
}
