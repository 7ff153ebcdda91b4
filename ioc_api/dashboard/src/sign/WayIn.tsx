import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Ways } from "../api/access";
import { get } from "../api/http";
import type { Why } from "../api/session";
import { nameOf, t, tOther } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { hang, signIn } from "../store/door";
import { idIn, wanted } from "../store/route";
import { Box } from "./Box";
import { Said } from "./Said";

/** Name and password, the second factor where there is one, the provider of identities, and what else leads in. */
export function WayIn({ phase }: { phase: "signed_out" | "code_refused" | `sent_${Why}` }) {
  const name = useSignal("");
  const password = useSignal("");
  const factor = useSignal("");
  const step = useSignal<"password" | "factor">("password");
  const ways = useSignal<Ways | null>(null);
  const deed = useDeed();
  // Kept before this page is shown; the way in leads there.
  const number = idIn(wanted() ?? "");

  useEffect(() => {
    get<Ways>("session/ways", true)
      .then((found) => {
        ways.value = found;
      })
      .catch((cause) => console.info(cause));
  }, []);

  const enter = async (): Promise<void> => {
    if (name.value.trim() === "" || password.value === "") {
      deed.lacks(t("sign.both_needed"));
      return;
    }
    if (step.value === "factor" && factor.value.trim() === "") {
      deed.lacks(t("factor.needed"));
      return;
    }
    const came = await deed.run(async () => {
      const next = await signIn(name.value.trim(), password.value, factor.value.trim());
      if (next === "factor") step.value = "factor";
    }, "");
    if (!came && step.value === "password") password.value = "";
    if (!came) factor.value = "";
  };
  const oidc = ways.value?.oidc ?? null;
  return (
    <Box phase={phase}>
      <h1>
        {t("sign.signed_out")} <span class="sign-title-other">{tOther("sign.signed_out").text}</span>
      </h1>
      {phase !== "signed_out" && (
        <div class="sign-notice" role="alert">
          <p>{t(`sign.${phase}`)}</p>
          <p class="field-other" lang={tOther(`sign.${phase}`).lang}>
            {tOther(`sign.${phase}`).text}
          </p>
        </div>
      )}
      {number !== null && (
        <p data-wanted={number}>
          {t("sign.then", { number })} <span class="field-other">{tOther("sign.then", { number }).text}</span>
        </p>
      )}
      {ways.value?.password !== false && (
        <form
          class="form"
          data-step={step.value}
          onSubmit={(event) => {
            event.preventDefault();
            enter();
          }}
        >
          {step.value === "password" ? (
            <>
              <Field
                name="name"
                label={t("sign.name")}
                other={tOther("sign.name")}
                autocomplete="username"
                value={name.value}
                onValue={(value) => {
                  name.value = value;
                }}
                autofocus
                code
              />
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
              />
            </>
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
              {t("sign.enter")}
            </button>
            {step.value === "factor" && (
              <button
                type="button"
                class="act"
                onClick={() => {
                  step.value = "password";
                  password.value = factor.value = "";
                  deed.said.value = null;
                }}
              >
                {t("sign.back")}
              </button>
            )}
          </div>
        </form>
      )}
      {oidc && (
        <a class="act sign-oidc" href="/api/v1/session/oidc">
          {t("sign.oidc", { name: nameOf(oidc) })}
        </a>
      )}
      <div class="sign-more">
        <p>{t("sign.help")}</p>
        <p class="field-other" lang={tOther("sign.help").lang}>
          {tOther("sign.help").text}
        </p>
        <code class="sign-command">ioc link</code>
      </div>
      <Hang />
    </Box>
  );
}

/** For a screen that is to hang on a wall: a token that an administrator has made for it. */
function Hang() {
  const token = useSignal("");
  const deed = useDeed();
  return (
    <details class="sign-wall">
      <summary>
        {t("sign.wall")} <span class="field-other">{tOther("sign.wall").text}</span>
      </summary>
      <form
        class="form"
        onSubmit={async (event) => {
          event.preventDefault();
          if (token.value.trim() === "" || deed.busy.value) return;
          let good = false;
          const asked = await deed.run(async () => {
            good = await hang(token.value);
          }, "");
          if (asked && !good) deed.lacks(t("sign.wall_refused"));
        }}
      >
        <Field
          name="wall-token"
          type="password"
          label={t("sign.wall_token")}
          value={token.value}
          onValue={(value) => {
            token.value = value;
          }}
          maxLength={200}
        />
        <Said deed={deed} />
        <div class="do-buttons">
          <button type="submit" class="act" aria-disabled={deed.busy.value}>
            {t("sign.wall_enter")}
          </button>
        </div>
      </form>
    </details>
  );
}
