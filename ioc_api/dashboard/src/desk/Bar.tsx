import type { Alert } from "../api/alerts";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { tally } from "../store/alerts";
import type { Act } from "../store/detail";
import { may } from "../store/me";
import { ask } from "./doing";
import { busy, chosen, found, ticked } from "./state";

type Deed = Act | "silence";

/** The keys of deeds that have one. */
const KEY: Partial<Record<Deed, string>> = {
  acknowledge: "a",
  assign: "g",
  comment: "c",
  silence: "s",
  resolve: "r",
};

/** What can be done to all that were chosen. */
function deedsOf(list: readonly Alert[]): Deed[] {
  if (list.every((one) => one.state === "resolved")) return ["close", "comment", "reopen"];
  if (list.every((one) => one.state === "closed")) return ["comment", "reopen"];
  return ["acknowledge", "assign", "comment", "silence", "resolve"];
}

/** How many there are; where some are chosen, what can be done to them. */
export function Bar() {
  const some = chosen.value;
  const count = found.value.length;
  const { unseen } = tally.value;
  if (some.length === 0)
    return (
      <p class="desk-bar" role="status">
        <strong class="number">{t("desk.count", { count: formatNumber(count) })}</strong>
        <span class="dim">
          {unseen > 0 ? t("alerts.unseen", { count: formatNumber(unseen) }) : t("alerts.all_seen")}
        </span>
      </p>
    );
  return (
    <div class="desk-bar desk-bar-chosen" role="toolbar" aria-label={t("desk.do_to_chosen")}>
      <strong class="number" role="status">
        {t("desk.chosen", { count: formatNumber(some.length) })}
      </strong>
      <Deeds list={deedsOf(some)} />
      <button
        type="button"
        class="text-button"
        data-act="none"
        onClick={() => {
          ticked.value = new Set();
        }}
      >
        {t("desk.choose_none")}
      </button>
    </div>
  );
}

/** Buttons for the deeds, as far as somebody may; `due` is the one that is, `only` the alert that they stand at. */
export function Deeds({
  list,
  due,
  only = null,
}: {
  list: readonly Deed[];
  due?: Deed | undefined;
  only?: number | null;
}) {
  return (
    <>
      {list
        .filter((what) => may(what === "silence" ? "silences.write" : "alerts.act"))
        .map((what) => (
          <button
            key={what}
            type="button"
            class="act"
            data-act={what}
            data-due={what === due}
            aria-disabled={busy.value}
            aria-keyshortcuts={KEY[what]}
            onClick={() => ask(what, only)}
          >
            {t(what === "silence" ? "desk.silence" : `do.${what}`)}
            {KEY[what] && (
              <span class="key" aria-hidden="true">
                {KEY[what]}
              </span>
            )}
          </button>
        ))}
    </>
  );
}
