import { useSignal } from "@preact/signals";
import { LanguageChoice } from "../account/Profile";
import { send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { type Changing, faster } from "./changing";

/** Who it is, as an administrator corrects it. */
export function PersonProfile({ person, onChanged }: Changing) {
  const fullName = useSignal(person.full_name);
  const email = useSignal(person.email);
  const speaks = useSignal(person.language);
  const deed = useDeed();
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(async () => {
          try {
            await send("PATCH", `people/${person.name}`, {
              revision: person.revision,
              full_name: fullName.value.trim(),
              email: email.value.trim(),
              language: speaks.value,
            });
          } catch (cause) {
            // Where another part of the account was changed, this form goes on with what it says.
            const now = faster(cause);
            const same = now?.full_name === person.full_name && now.email === person.email;
            if (same && now.language === person.language) await onChanged();
            throw cause;
          }
          await onChanged();
        });
      }}
    >
      <div class="form-row">
        <Field
          name="person-name"
          label={t("sign.name")}
          value={person.name}
          onValue={() => {}}
          readOnly
          code
        />
        <Field
          name="person-full-name"
          label={t("person.full_name")}
          value={fullName.value}
          onValue={(value) => {
            fullName.value = value;
          }}
        />
      </div>
      <Field
        name="person-email"
        type="email"
        label={t("person.email")}
        maxLength={320}
        value={email.value}
        onValue={(value) => {
          email.value = value;
        }}
      />
      <LanguageChoice
        value={speaks.value}
        onValue={(value) => {
          speaks.value = value;
        }}
      />
      <div class="do-buttons">
        <button type="submit" class="act" data-act="save-person" aria-disabled={deed.busy.value}>
          {t("deed.save")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
