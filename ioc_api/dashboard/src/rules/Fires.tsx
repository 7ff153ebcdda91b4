import { formatNumber } from "../format";
import { t } from "../i18n";
import type { Editing } from "./form/editing";

/** For how many it would fire this moment, by the newest readings. */
export function Fires({ ed }: { ed: Editing }) {
  const fires = ed.checked.value?.fires_now ?? null;
  if (fires === null) return null;
  const part = fires.reporting > 0 ? fires.sensors / fires.reporting : 0;
  return (
    <p
      class="rule-fires"
      role="status"
      data-fires={fires.sensors}
      data-tone={part > 0.1 && fires.sensors > 3 ? "late" : "ok"}
    >
      {t("rules.fires_now", {
        sensors: formatNumber(fires.sensors),
        reporting: formatNumber(fires.reporting),
        share: formatNumber(part * 100, part > 0 && part < 0.1 ? 1 : 0),
      })}
    </p>
  );
}
