import { useSignal } from "@preact/signals";
import type { Me } from "../api/access";
import { prove } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { when } from "../parts/moment";
import { Outcome } from "../parts/Outcome";
import { loadMe } from "../store/me";
import { restart } from "../store/session";
import { FactorSetup } from "./FactorSetup";

/** The second factor: whether there is one, setting it up, and doing without it again. */
export function Factor({ me }: { me: Me }) {
  const opened = useSignal<"setup" | "remove" | null>(null);
  const close = (): void => {
    opened.value = null;
    loadMe().catch((cause) => console.warn(cause));
  };
  if (opened.value === "setup") return <FactorSetup onDone={close} />;
  const { on, since, recovery_left: left, required } = me.factor;
  return (
    <div class="form" data-factor={on}>
      <p>{on ? t("factor.on", { time: when(since) }) : t("factor.off")}</p>
      {on && (
        <p class={left < 3 ? "warn" : "dim"}>
          {t("factor.left", { count: left })} {left < 3 && t("factor.few")}
        </p>
      )}
      {required && <p class="dim">{t("factor.required")}</p>}
      {opened.value === "remove" ? (
        <Remove
          // Who must have one sets up another before anything else.
          onDone={required ? restart : close}
          onBack={() => {
            opened.value = null;
          }}
        />
      ) : (
        <div class="do-buttons">
          {!on && (
            <button
              type="button"
              class="act"
              data-act="factor-setup"
              data-due="true"
              onClick={() => {
                opened.value = "setup";
              }}
            >
              {t("factor.setup")}
            </button>
          )}
          {on && (
            <button
              type="button"
              class="act"
              data-act="factor-remove"
              onClick={() => {
                opened.value = "remove";
              }}
            >
              {t(required ? "factor.renew" : "factor.remove")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Remove({ onDone, onBack }: { onDone: () => void; onBack: () => void }) {
  const password = useSignal("");
  const factor = useSignal("");
  const deed = useDeed();
  return (
    <form
      class="form"
      onSubmit={async (event) => {
        event.preventDefault();
        if (
          await deed.run(() =>
            prove("me/factor/remove", { password: password.value, factor: factor.value.trim() }),
          )
        )
          onDone();
      }}
    >
      <Field
        name="password"
        type="password"
        label={t("sign.password")}
        autocomplete="current-password"
        maxLength={256}
        value={password.value}
        onValue={(value) => {
          password.value = value;
        }}
        autofocus
      />
      <Field
        name="factor"
        label={t("factor.code")}
        hint={t("factor.code_hint")}
        autocomplete="one-time-code"
        value={factor.value}
        onValue={(value) => {
          factor.value = value;
        }}
        code
      />
      <div class="do-buttons">
        <button type="submit" class="act" aria-disabled={deed.busy.value}>
          {t("factor.remove")}
        </button>
        <button type="button" class="act" onClick={onBack}>
          {t("deed.back")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
