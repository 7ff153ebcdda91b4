import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Entry } from "../api/access";
import { t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { Field } from "../parts/Field";

/** What is looked for, as it was typed; times are ms since 1970. */
export interface Wanted {
  q: string;
  actor: string;
  action: string;
  subject: string;
  address: string;
  outcome: Entry["outcome"] | "";
  from: number | null;
  to: number | null;
}

export const EMPTY: Wanted = {
  q: "",
  actor: "",
  action: "",
  subject: "",
  address: "",
  outcome: "",
  from: null,
  to: null,
};

const OUTCOMES: readonly Entry["outcome"][] = ["done", "refused", "failed"];

/** Looked for when it is asked for, not while it is typed: each look reads much. */
export function Filters({ wanted, onWanted }: { wanted: Wanted; onWanted: (wanted: Wanted) => void }) {
  const typed = useSignal<Wanted>(wanted);
  const shown = useSignal<Wanted>(wanted);
  const round = useSignal(0);
  const id = useId();
  // What was chosen in the list stands in the fields too.
  if (shown.value !== wanted) {
    shown.value = wanted;
    typed.value = wanted;
  }
  const put = (part: Partial<Wanted>): void => {
    typed.value = { ...typed.value, ...part };
  };
  const { q, actor, action, subject, address, outcome, from, to } = typed.value;
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        onWanted({ ...typed.value });
      }}
    >
      <Field
        name="q"
        type="search"
        label={t("audit.words")}
        value={q}
        onValue={(value) => put({ q: value })}
      />
      <Field
        name="actor"
        label={t("audit.actor")}
        value={actor}
        onValue={(value) => put({ actor: value })}
        code
      />
      <Field
        name="action"
        label={t("audit.action")}
        hint={t("audit.action_hint")}
        value={action}
        onValue={(value) => put({ action: value })}
        code
      />
      <Field
        name="subject"
        label={t("audit.subject")}
        value={subject}
        onValue={(value) => put({ subject: value })}
        code
      />
      <Field
        name="address"
        label={t("audit.address")}
        value={address}
        onValue={(value) => put({ address: value })}
        code
      />
      <div class="field">
        <label for={id}>{t("audit.outcome")}</label>
        <select
          id={id}
          name="outcome"
          value={outcome}
          onChange={(event) => put({ outcome: event.currentTarget.value as Wanted["outcome"] })}
        >
          <option value="">{t("audit.any")}</option>
          {OUTCOMES.map((one) => (
            <option key={one} value={one}>
              {t(`outcome.${one}`)}
            </option>
          ))}
        </select>
      </div>
      <DateTime
        key={`from ${round.value}`}
        name="from"
        label={t("audit.from")}
        value={from}
        onValue={(value) => put({ from: value })}
      />
      <DateTime
        key={`to ${round.value}`}
        name="to"
        end
        label={t("audit.to")}
        value={to}
        onValue={(value) => put({ to: value })}
      />
      <div class="do-buttons">
        <button type="submit" class="act" data-due="true" data-act="look">
          {t("audit.look")}
        </button>
        <button
          type="button"
          class="act"
          data-act="clear"
          onClick={() => {
            // What was typed amiss goes with what stood in the fields.
            round.value += 1;
            onWanted({ ...EMPTY });
          }}
        >
          {t("audit.clear")}
        </button>
      </div>
    </form>
  );
}
