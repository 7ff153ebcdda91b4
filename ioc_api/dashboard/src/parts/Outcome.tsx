import { half, t } from "../i18n";
import type { Deed } from "./deed";

/** One line that says how it goes. */
export function Outcome({ deed }: { deed: Deed }) {
  return (
    <p class="do-said" role="status" data-tone={deed.said.value?.tone}>
      {deed.busy.value ? t("deed.working") : half(deed.said.value?.text ?? "")}
    </p>
  );
}
