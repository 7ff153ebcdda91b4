import { differences } from "../audit/diff";
import { t } from "../i18n";
import { when } from "../parts/moment";
import { Diff } from "./Diff";

/** Somebody was faster: what they changed since I looked, and what is to become of what I have written. */
export function Conflict({
  seen,
  now,
  by,
  at,
  onTheirs,
  onMine,
}: {
  seen: unknown;
  now: unknown;
  by: string;
  at: string;
  onTheirs: () => void;
  onMine: () => void;
}) {
  return (
    <div class="conflict" role="alert" data-conflict>
      <p>
        <strong>{t("conflict.title", { by, time: when(at) })}</strong>
      </p>
      <Diff found={differences(seen, now)} before={t("conflict.seen")} after={t("conflict.now")} />
      <div class="do-buttons">
        <button type="button" class="act" data-due="true" data-act="keep-mine" onClick={onMine}>
          {t("conflict.mine")}
        </button>
        <button type="button" class="act" data-act="take-theirs" onClick={onTheirs}>
          {t("conflict.theirs")}
        </button>
      </div>
    </div>
  );
}
