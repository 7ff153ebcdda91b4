import { useSignal } from "@preact/signals";
import { LanguageChoice } from "../account/Profile";
import type { Grant, Person } from "../api/access";
import { post } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { GrantEditor } from "./GrantEditor";
import { lacking, sent } from "./grants";
import type { Link } from "./PeopleView";

/** A new account: who it is and what they may do. They choose their password by a link that is shown once. */
export function NewPerson({ onMade, onBack }: { onMade: (link: Link) => void; onBack: () => void }) {
  const name = useSignal("");
  const fullName = useSignal("");
  const email = useSignal("");
  const speaks = useSignal<"vi" | "en">("vi");
  const grants = useSignal<Grant[]>([{ role: "viewer" }]);
  const deed = useDeed();
  return (
    <section class="card beside-one">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const lacks =
            name.value.trim() === "" || fullName.value.trim() === ""
              ? t("people.names_needed")
              : lacking(grants.value);
          if (lacks !== null) {
            deed.lacks(lacks);
            return;
          }
          deed.run(async () => {
            const answer = await post<{ person: Person; link: string }>("people", {
              name: name.value.trim().toLowerCase(),
              full_name: fullName.value.trim(),
              email: email.value.trim(),
              language: speaks.value,
              grants: grants.value.map(sent),
            });
            if (answer) onMade({ name: answer.person.name, link: answer.link });
          }, "");
        }}
      >
        <h2>{t("people.new")}</h2>
        <div class="form-row">
          <Field
            name="person-full-name"
            label={t("person.full_name")}
            value={fullName.value}
            onValue={(value) => {
              fullName.value = value;
            }}
            autofocus
          />
          <Field
            name="person-name"
            label={t("sign.name")}
            hint={t("person.name_hint")}
            maxLength={64}
            value={name.value}
            onValue={(value) => {
              name.value = value;
            }}
            code
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
        <h3>{t("account.grants")}</h3>
        <GrantEditor
          grants={grants.value}
          onGrants={(value) => {
            grants.value = value;
          }}
        />
        <div class="do-buttons">
          <button
            type="submit"
            class="act"
            data-due="true"
            data-act="make-person"
            aria-disabled={deed.busy.value}
          >
            {t("people.make")}
          </button>
          <button type="button" class="act" onClick={onBack}>
            {t("deed.back")}
          </button>
        </div>
        <Outcome deed={deed} />
      </form>
    </section>
  );
}
