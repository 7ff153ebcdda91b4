import { useSignal } from "@preact/signals";
import { send } from "../../api/http";
import type { Department, DepartmentBody } from "../../api/rules";
import { nameOf, t } from "../../i18n";
import { DateTime } from "../../parts/DateTime";
import { useDeed } from "../../parts/deed";
import { Field } from "../../parts/Field";
import { when } from "../../parts/moment";
import { Outcome } from "../../parts/Outcome";
import { holdsRefused } from "../../parts/refused";
import { may } from "../../store/me";
import { addressOf, go } from "../../store/route";
import { dayText } from "../amounts";
import { Conflict } from "../Conflict";
import { ContactsEditor } from "./ContactsEditor";
import { HoursEditor } from "./HoursEditor";
import { timeOfDay } from "./hours";
import { PaceEditor } from "./PaceEditor";
import { onTop, orFaster } from "./saving";

const NEW: DepartmentBody = {
  code: "",
  vi: "",
  en: "",
  valid_from: null,
  valid_to: null,
  hours: [],
  pace: {},
  contacts: [],
};

function bodyOf({
  code,
  vi,
  en,
  valid_from,
  valid_to,
  hours,
  pace,
  contacts,
}: DepartmentBody): DepartmentBody {
  return { code, vi, en, valid_from, valid_to, hours, pace, contacts };
}

/** A department as it is, or as it is to be. */
export function DepartmentForm({
  kept,
  onKept,
}: {
  kept: Department | null;
  onKept: (code: string) => void;
}) {
  const seen = useSignal<Department | null>(kept);
  const body = useSignal<DepartmentBody>(kept === null ? NEW : bodyOf(kept));
  const faster = useSignal<Department | null>(null);
  const deed = useDeed();
  const writes = may("directory.write");
  const set = (change: Partial<DepartmentBody>): void => {
    body.value = { ...body.value, ...change };
  };
  const fill = (department: Department): void => {
    seen.value = department;
    body.value = bodyOf(department);
  };
  const save = (): void => {
    deed.run(() =>
      orFaster(faster, async () => {
        const { code, ...typed } = body.value;
        const hours = typed.hours.map((one) => ({
          ...one,
          from: timeOfDay(one.from) ?? one.from,
          to: timeOfDay(one.to) ?? one.to,
        }));
        const fields = { ...typed, hours };
        const done =
          seen.value === null
            ? await send<Department>("POST", "departments", { code, ...fields })
            : await send<Department>("PUT", `departments/${code}`, {
                ...fields,
                revision: seen.value.revision,
              });
        if (done !== null) {
          fill(done);
          onKept(done.code);
        }
      }),
    );
  };
  const at = (day: string | null): number | null =>
    day === null ? null : Date.parse(`${day}T00:00:00+07:00`);
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (holdsRefused(event.currentTarget)) return;
        const wrong = event.currentTarget.querySelector<HTMLElement>("[aria-invalid=true]");
        if (wrong === null) {
          save();
          return;
        }
        wrong.closest("details")?.setAttribute("open", "");
        wrong.focus();
        deed.lacks(t("rules.mend"));
      }}
    >
      <div class="person-head">
        <h2>{seen.value === null ? t("department.new") : nameOf(seen.value)}</h2>
        <button
          type="button"
          class="close"
          aria-label={t("rules.close")}
          onClick={() => go("rules", "departments")}
        >
          ×
        </button>
      </div>
      {seen.value !== null && (
        <p class="dim">
          {t("rules.changed", { by: seen.value.changed_by, time: when(seen.value.changed_at) })} ·{" "}
          <a href={addressOf("rules", "routes", { department: seen.value.code })}>{t("department.routes")}</a>
        </p>
      )}
      <fieldset class="plain-fieldset" disabled={!writes}>
        <div class="form-row">
          {seen.value === null && (
            <Field
              name="code"
              label={t("department.code")}
              code
              value={body.value.code}
              hint={t("rules.code_hint")}
              onValue={(code) => set({ code })}
            />
          )}
          <Field
            name="vi"
            label={t("rule.vi")}
            maxLength={200}
            value={body.value.vi}
            onValue={(vi) => set({ vi })}
          />
          <Field
            name="en"
            label={t("rule.en")}
            maxLength={200}
            value={body.value.en}
            onValue={(en) => set({ en })}
          />
        </div>
        <HoursEditor hours={body.value.hours} onHours={(hours) => set({ hours })} />
        {body.value.contacts === null ? (
          <p class="dim">{t("department.contacts_hidden")}</p>
        ) : (
          <ContactsEditor contacts={body.value.contacts} onContacts={(contacts) => set({ contacts })} />
        )}
        <PaceEditor key={seen.value?.revision ?? 0} pace={body.value.pace} onPace={(pace) => set({ pace })} />
        {writes && (
          <div class="form-row">
            <DateTime
              day
              name="valid_from"
              label={t("rule.valid_from")}
              value={at(body.value.valid_from)}
              onValue={(ms) => set({ valid_from: dayText(ms) || null })}
            />
            <DateTime
              day
              name="valid_to"
              label={t("rule.valid_to")}
              hint={t("department.valid_hint")}
              value={at(body.value.valid_to)}
              onValue={(ms) => set({ valid_to: dayText(ms) || null })}
            />
          </div>
        )}
      </fieldset>
      {faster.value !== null && seen.value !== null && (
        <Conflict
          seen={bodyOf(seen.value)}
          now={bodyOf(faster.value)}
          by={faster.value.changed_by}
          at={faster.value.changed_at}
          onMine={() => {
            const [before, theirs] = [seen.value, faster.value];
            if (before === null || theirs === null) return;
            const mine = onTop(bodyOf(before), body.value, bodyOf(theirs));
            fill(theirs);
            body.value = mine;
            faster.value = null;
            deed.said.value = null;
          }}
          onTheirs={() => {
            if (faster.value !== null) fill(faster.value);
            faster.value = null;
            deed.said.value = null;
          }}
        />
      )}
      {writes && (
        <div class="do-buttons">
          <button
            type="submit"
            class="act"
            data-due="true"
            data-act="save-department"
            aria-disabled={deed.busy.value}
          >
            {t("deed.save")}
          </button>
        </div>
      )}
      <Outcome deed={deed} />
    </form>
  );
}
