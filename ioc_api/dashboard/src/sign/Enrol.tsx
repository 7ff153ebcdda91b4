import { FactorSetup } from "../account/FactorSetup";
import { t } from "../i18n";
import { enrolled, signOut } from "../store/door";
import { me } from "../store/me";
import { Box } from "./Box";

/** An administrator needs a second factor before anything else. */
export function Enrol() {
  return (
    <Box phase="enrol">
      <h1>{t("sign.enrol")}</h1>
      <p>{t("sign.enrol_help", { name: me.value?.full_name ?? "" })}</p>
      <FactorSetup onDone={enrolled} />
      <div class="do-buttons">
        <button type="button" class="text-button" onClick={signOut}>
          {t("menu.sign_out")}
        </button>
      </div>
    </Box>
  );
}
