import { useSignal } from "@preact/signals";
import type { Me } from "../api/access";
import { send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { loadMe } from "../store/me";

/** The name and address one is known by. */
export function Profile({ me }: { me: Me }) {
  const fullName = useSignal(me.full_name);
  const email = useSignal(me.email);
  const speaks = useSignal(me.language);
  const deed = useDeed();
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(async () => {
          const said = { full_name: fullName.value, email: email.value, language: speaks.value };
          await send("PATCH", "me", said);
          await loadMe();
        });
      }}
    >
      <Field name="account" label={t("sign.name")} value={me.name} onValue={() => {}} readOnly code />
      <Field
        name="full-name"
        label={t("person.full_name")}
        autocomplete="name"
        value={fullName.value}
        onValue={(value) => {
          fullName.value = value;
        }}
      />
      <Field
        name="email"
        type="email"
        label={t("person.email")}
        autocomplete="email"
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
        <button type="submit" class="act" data-act="save-profile" aria-disabled={deed.busy.value}>
          {t("deed.save")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}

/** In which language somebody is written to. */
export function LanguageChoice({
  value,
  onValue,
}: {
  value: "vi" | "en";
  onValue: (value: "vi" | "en") => void;
}) {
  return (
    <fieldset class="choices choices-plain">
      <legend>{t("person.language")}</legend>
      {(["vi", "en"] as const).map((one) => (
        <label key={one} class="choice">
          <input type="radio" name="language" checked={value === one} onChange={() => onValue(one)} />
          {t(`language.${one}`)}
        </label>
      ))}
    </fieldset>
  );
}
