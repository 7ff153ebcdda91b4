import { t, tOther } from "../i18n";
import { signOut } from "../store/door";
import { me } from "../store/me";
import type { Phase } from "../store/phase";
import { Box } from "./Box";
import { Choose } from "./Choose";
import { Enrol } from "./Enrol";
import { Locked } from "./Locked";
import { WayIn } from "./WayIn";

/** What is shown while the city is not: why, and the way in. */
export function SignIn({ phase }: { phase: Exclude<Phase, "open"> }) {
  switch (phase) {
    case "signed_out":
    case "code_refused":
    case "sent_away":
    case "sent_late":
    case "sent_denied":
    case "sent_unlisted":
      return <WayIn phase={phase} />;
    case "choose":
      return <Choose />;
    case "locked":
      return <Locked />;
    case "enrol":
      return <Enrol />;
    default:
      return <Standing phase={phase} />;
  }
}

/** Nothing to be done but wait, or ask somebody. */
function Standing({ phase }: { phase: "opening" | "forbidden" | "unreachable" | "failed" }) {
  const name = me.value?.full_name ?? "";
  return (
    <Box phase={phase}>
      <h1>{t(`sign.${phase}`)}</h1>
      {phase === "unreachable" && <p>{t("sign.unreachable_help")}</p>}
      {phase === "forbidden" && <p>{t("sign.forbidden_help", { name })}</p>}
      {phase !== "opening" && (
        <div class="sign-other" lang={tOther(`sign.${phase}`).lang}>
          <strong>{tOther(`sign.${phase}`).text}</strong>
          {phase === "unreachable" && <p>{tOther("sign.unreachable_help").text}</p>}
          {phase === "forbidden" && <p>{tOther("sign.forbidden_help", { name }).text}</p>}
        </div>
      )}
      {phase === "forbidden" && (
        <div class="do-buttons">
          <button type="button" class="act" onClick={signOut}>
            {t("menu.sign_out")}
          </button>
        </div>
      )}
    </Box>
  );
}
