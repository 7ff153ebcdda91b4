import { t, tOther } from "../i18n";
import { idIn, wanted } from "../store/route";
import type { Phase } from "../store/session";
import { Switches } from "./Switches";

/** What is shown while there is no session: why, and the way in. */
export function SignIn({ phase }: { phase: Exclude<Phase, "open"> }) {
  const needsLink = phase === "signed_out" || phase === "code_refused";
  // Kept before this page is shown; the way in leads there.
  const number = idIn(wanted() ?? "");
  return (
    <main class="sign" data-phase={phase}>
      <div class="sign-box">
        <p class="sign-name">
          <span class="brand-mark">{t("app.short")}</span>
          <span>{t("app.place")}</span>
        </p>
        <h1>{t(`sign.${phase}`)}</h1>
        {needsLink && <p>{t("sign.help")}</p>}
        {phase === "unreachable" && <p>{t("sign.unreachable_help")}</p>}
        {needsLink && <code class="sign-command">ioc link</code>}
        {needsLink && number !== null && <p data-wanted={number}>{t("sign.then", { number })}</p>}
        {phase !== "opening" && (
          <div class="sign-other" lang={tOther(`sign.${phase}`).lang}>
            <strong>{tOther(`sign.${phase}`).text}</strong>
            {needsLink && <p>{tOther("sign.help").text}</p>}
            {needsLink && number !== null && <p>{tOther("sign.then", { number }).text}</p>}
            {phase === "unreachable" && <p>{tOther("sign.unreachable_help").text}</p>}
          </div>
        )}
        <div class="sign-foot">
          <Switches />
        </div>
      </div>
    </main>
  );
}
