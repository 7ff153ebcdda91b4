import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Alert } from "../api/alerts";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Outcome } from "../parts/Outcome";
import { type Act, act, type Outcome as Came } from "../store/detail";
import { may, me } from "../store/me";
import { actsOf, missing, NAME, NOTE } from "./acts";

/** Acknowledge, assign, note, resolve, close: with a note that is kept until it was taken. */
export function ActionForm({ alert }: { alert: Alert }) {
  const note = useSignal("");
  const to = useSignal("");
  const deed = useDeed();
  const acts = actsOf(alert);
  if (!may("alerts.act")) return <p class="dim do-not">{t("do.forbidden")}</p>;

  const run = async (what: Act): Promise<void> => {
    if (deed.busy.value) return;
    const lacks = missing(what, [alert], note.value, to.value);
    if (lacks !== null) {
      deed.lacks(lacks);
      return;
    }
    deed.busy.value = true;
    deed.said.value = null;
    const [said, whom] = [note.value, to.value];
    const came = await act(alert, what, {
      note: said,
      ...(what === "assign" && { to: to.value.trim() }),
    });
    deed.busy.value = false;
    // What was typed meanwhile is of the next act.
    if (came.kind === "done" && note.peek() === said) note.value = "";
    if (came.kind === "done" && to.peek() === whom) to.value = "";
    deed.said.value = { tone: came.kind === "done" ? "ok" : "late", text: told(came) };
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
      <Words name="note" label={t("do.note")} most={NOTE} long value={note} />
      {acts.includes("assign") && <Words name="to" label={t("do.to")} most={NAME} value={to} />}
      <div class="do-buttons">
        {acts.map((what, i) => (
          <button
            key={what}
            type="button"
            class="act"
            data-act={what}
            data-due={i === 0}
            aria-disabled={deed.busy.value}
            onClick={() => run(what)}
          >
            {t(`do.${what}`)}
          </button>
        ))}
      </div>
      <Outcome deed={deed} />
    </form>
  );
}

interface WordsProps {
  name: string;
  label: string;
  most: number;
  long?: boolean;
  value: { value: string };
  /** names that are offered */
  offered?: readonly string[];
  autofocus?: boolean;
}

/** What somebody says with an action. */
export function Words({
  name,
  label,
  most,
  long = false,
  value,
  offered = [],
  autofocus = false,
}: WordsProps) {
  const id = useId();
  const field = {
    id,
    name,
    maxLength: most,
    value: value.value,
    ...(autofocus && { "data-first": true }),
    onInput: (event: InputEvent & { currentTarget: { value: string } }) => {
      value.value = event.currentTarget.value;
    },
  };
  return (
    <div class={long ? "words do-note" : "words"}>
      <label for={id}>{label}</label>
      {long ? (
        <textarea rows={2} {...field} />
      ) : (
        <input {...field} autocomplete="off" list={offered.length > 0 ? `${id}-offered` : undefined} />
      )}
      {offered.length > 0 && (
        <datalist id={`${id}-offered`}>
          {offered.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </div>
  );
}

/** What came of it, in words. */
function told(came: Came): string {
  switch (came.kind) {
    case "done":
      return t("do.done");
    case "failed":
      return t("do.failed");
    case "refused":
      return came.text;
    case "conflict": {
      const now = came.current;
      return now ? t("do.conflict", { state: t(`standing.${now.state}`) }) : t("do.gone");
    }
  }
}
