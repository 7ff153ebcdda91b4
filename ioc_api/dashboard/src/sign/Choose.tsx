import { useSignal } from "@preact/signals";
import { t, tOther } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { choosePassword, signIn } from "../store/door";
import { chooser } from "../store/phase";
import { Box } from "./Box";
import { lacking, NewPassword } from "./NewPassword";
import { Said } from "./Said";

/** Somebody came by a link to choose a password. */
export function Choose() {
  const first = useSignal("");
  const again = useSignal("");
  const factor = useSignal("");
  const step = useSignal<"password" | "factor">("password");
  const deed = useDeed();
  const whose = chooser.value;
  if (whose === null) return null;
  const go = async (): Promise<void> => {
    // The link is used up by the password; the second factor, where there is one, is asked for as at any sign-in.
    if (step.value === "factor") await signIn(whose.name, first.value, factor.value.trim());
    else if ((await choosePassword(whose.code, first.value)) === "factor") step.value = "factor";
  };
  return (
    <Box phase="choose">
      <h1>
        {t("sign.choose")} <span class="sign-title-other">{tOther("sign.choose").text}</span>
      </h1>
      <p>{t("sign.choose_help", { name: whose.fullName || whose.name })}</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const lacks = step.value === "password" ? lacking(first.value, again.value) : null;
          if (lacks !== null) deed.lacks(lacks);
          else deed.run(go, "");
        }}
      >
        <Field
          name="name"
          label={t("sign.name")}
          autocomplete="username"
          value={whose.name}
          onValue={() => {}}
          readOnly
          code
        />
        {step.value === "password" ? (
          <NewPassword
            first={first.value}
            again={again.value}
            about={[whose.name, whose.fullName]}
            onFirst={(value) => {
              first.value = value;
            }}
            onAgain={(value) => {
              again.value = value;
            }}
            autofocus
          />
        ) : (
          <Field
            name="factor"
            label={t("factor.code")}
            other={tOther("factor.code")}
            hint={t("factor.code_hint")}
            autocomplete="one-time-code"
            maxLength={40}
            value={factor.value}
            onValue={(value) => {
              factor.value = value;
            }}
            autofocus
            code
          />
        )}
        <Said deed={deed} />
        <div class="do-buttons">
          <button type="submit" class="act" data-due="true" aria-disabled={deed.busy.value}>
            {t(step.value === "password" ? "sign.choose_enter" : "sign.enter")}
          </button>
        </div>
      </form>
    </Box>
  );
}
