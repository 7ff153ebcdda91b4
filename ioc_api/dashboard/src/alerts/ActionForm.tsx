import { useSignal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { half, t } from "../i18n";
import { type Act, act, type Outcome } from "../store/detail";
import { may, me } from "../store/me";
import { noteNeeded } from "./words";

/** The API takes so many characters, of a note and of a name. */
const NOTE = 2000;
const NAME = 100;

/** What can be done to an alert as it stands; the first is the one that is due. */
export function actsOf(alert: Alert): Act[] {
  switch (alert.state) {
    case "firing":
      return ["acknowledge", "assign", "resolve", "comment"];
    case "acknowledged":
    case "in_progress":
      return ["resolve", "assign", "comment", "unacknowledge"];
    case "resolved":
      return alert.condition === "clear" || alert.condition === "lost"
        ? ["close", "comment", "reopen"]
        : ["comment", "reopen"];
    case "closed":
      return alert.retroactive ? ["comment"] : ["comment", "reopen"];
    default:
      return ["comment"];
  }
}

/** Acknowledge, assign, note, resolve, close: with a note that is kept until it was taken. */
export function ActionForm({ alert }: { alert: Alert }) {
  const note = useSignal("");
  const to = useSignal("");
  const busy = useSignal<Act | null>(null);
  const said = useSignal<{ tone: "ok" | "late"; text: string } | null>(null);
  const acts = actsOf(alert);
  if (!may("alerts.act")) return <p class="dim do-not">{t("do.forbidden")}</p>;

  /** What is missing before it can be asked for. */
  const missing = (what: Act): string | null => {
    if (what === "comment" && note.value.trim() === "") return t("do.comment_needed");
    if (what === "assign" && to.value.trim() === "") return t("do.to_needed");
    const unclear = noteNeeded(alert);
    if (what === "resolve" && unclear !== null && note.value.trim() === "") return t(unclear);
    return null;
  };
  const run = async (what: Act): Promise<void> => {
    if (busy.value !== null) return;
    const lacks = missing(what);
    if (lacks !== null) {
      said.value = { tone: "late", text: lacks };
      return;
    }
    busy.value = what;
    said.value = null;
    const outcome = await act(alert, what, {
      note: note.value,
      ...(what === "assign" && { to: to.value.trim() }),
    });
    busy.value = null;
    if (outcome.kind === "done") note.value = to.value = "";
    said.value = { tone: outcome.kind === "done" ? "ok" : "late", text: told(outcome) };
  };
  return (
    <form
      class="do"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <h3>{t("do.title")}</h3>
      {me.value && <p class="dim do-note">{t("do.as", { name: me.value.full_name })}</p>}
      <label class="do-note">
        <span>{t("do.note")}</span>
        <textarea
          name="note"
          rows={2}
          maxLength={NOTE}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
        />
      </label>
      {acts.includes("assign") && (
        <label>
          <span>{t("do.to")}</span>
          <input
            name="to"
            autocomplete="off"
            maxLength={NAME}
            value={to.value}
            onInput={(event) => {
              to.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      <div class="do-buttons">
        {acts.map((what, i) => (
          <button
            key={what}
            type="button"
            class="act"
            data-act={what}
            data-due={i === 0}
            aria-disabled={busy.value !== null}
            onClick={() => run(what)}
          >
            {t(`do.${what}`)}
          </button>
        ))}
      </div>
      <p class="do-said" role="status" data-tone={said.value?.tone}>
        {busy.value !== null ? t("do.working") : (said.value?.text ?? "")}
      </p>
    </form>
  );
}

/** What came of it, in words. */
function told(outcome: Outcome): string {
  switch (outcome.kind) {
    case "done":
      return t("do.done");
    case "failed":
      return t("do.failed");
    case "refused":
      return half(outcome.text);
    case "conflict": {
      const now = outcome.current;
      return now ? t("do.conflict", { state: t(`standing.${now.state}`) }) : t("do.gone");
    }
  }
}
