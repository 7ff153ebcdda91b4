import { useSignal } from "@preact/signals";
import type { Me } from "../api/access";
import { prove } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { when } from "../parts/moment";
import { Outcome } from "../parts/Outcome";
import { lacking, NewPassword } from "../sign/NewPassword";
import { loadMe } from "../store/me";

/** Change one's password, or choose the first one. */
export function Password({ me, onDone }: { me: Me; onDone?: () => void }) {
  const old = useSignal("");
  const first = useSignal("");
  const again = useSignal("");
  const deed = useDeed();
  const has = me.password_at !== null;
  if (!has && me.way === "oidc") return <p class="dim">{t("password.elsewhere")}</p>;
  return (
    <form
      class="form"
      onSubmit={async (event) => {
        event.preventDefault();
        const lacks = lacking(first.value, again.value);
        if (lacks !== null) {
          deed.lacks(lacks);
          return;
        }
        const done = await deed.run(async () => {
          await prove("me/password", { new: first.value, ...(has && { old: old.value }) });
          await loadMe();
        }, t("password.changed"));
        if (!done) return;
        old.value = first.value = again.value = "";
        onDone?.();
      }}
    >
      <p class="dim">{has ? t("password.since", { time: when(me.password_at) }) : t("password.none")}</p>
      <input type="text" name="name" autocomplete="username" value={me.name} readOnly hidden />
      {has && (
        <Field
          name="old-password"
          type="password"
          label={t("password.old")}
          autocomplete="current-password"
          maxLength={256}
          value={old.value}
          onValue={(value) => {
            old.value = value;
          }}
        />
      )}
      <NewPassword
        first={first.value}
        again={again.value}
        about={[me.name, me.full_name, me.email]}
        onFirst={(value) => {
          first.value = value;
        }}
        onAgain={(value) => {
          again.value = value;
        }}
      />
      <div class="do-buttons">
        <button type="submit" class="act" data-act="change-password" aria-disabled={deed.busy.value}>
          {t(has ? "password.change" : "password.choose")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
