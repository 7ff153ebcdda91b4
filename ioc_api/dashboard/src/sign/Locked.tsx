import { useSignal } from "@preact/signals";
import { t, tOther } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { signOut, unlock } from "../store/door";
import { session } from "../store/me";
import { Box } from "./Box";
import { Said } from "./Said";

/** Nobody was here for a while, or somebody left: the password opens it again, and nothing else is shown. */
export function Locked() {
  const password = useSignal("");
  const deed = useDeed();
  const whose = session.value;
  const open = async (): Promise<void> => {
    if (password.value === "") {
      deed.lacks(t("sign.password_needed"));
      return;
    }
    const came = await deed.run(() => unlock(password.value), "");
    if (!came) password.value = "";
  };
  return (
    <Box phase="locked">
      <h1>
        {t("sign.locked")} <span class="sign-title-other">{tOther("sign.locked").text}</span>
      </h1>
      {whose?.password !== false && (
        <p>{t("sign.locked_help", { name: whose?.full_name || whose?.name || "" })}</p>
      )}
      {whose?.password !== false && (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            open();
          }}
        >
          <input type="text" name="name" autocomplete="username" value={whose?.name ?? ""} readOnly hidden />
          <Field
            name="password"
            type="password"
            label={t("sign.password")}
            other={tOther("sign.password")}
            autocomplete="current-password"
            maxLength={256}
            value={password.value}
            onValue={(value) => {
              password.value = value;
            }}
            autofocus
          />
          <Said deed={deed} />
          <div class="do-buttons">
            <button type="submit" class="act" data-due="true" aria-disabled={deed.busy.value}>
              {t("sign.unlock")}
            </button>
            <button type="button" class="act" data-act="sign-out" onClick={signOut}>
              {t("sign.somebody_else")}
            </button>
          </div>
        </form>
      )}
      {whose?.password === false && (
        <>
          <p>{t("sign.locked_no_password")}</p>
          <div class="do-buttons">
            <button type="button" class="act" data-due="true" data-act="sign-out" onClick={signOut}>
              {t("sign.again")}
            </button>
          </div>
        </>
      )}
    </Box>
  );
}
