import { halves, t } from "../i18n";
import type { Deed } from "../parts/deed";

/** What came of it, in both languages where the server has said it in both: nobody has chosen one here. */
export function Said({ deed }: { deed: Deed }) {
  const said = deed.said.value;
  const [mine, other] = halves(said?.text ?? "");
  return (
    <div class="sign-said" role="alert" data-tone={said?.tone}>
      {deed.busy.value ? (
        <p class="dim">{t("deed.working")}</p>
      ) : (
        <>
          {mine && <p>{mine}</p>}
          {other && (
            <p class="field-other" lang={other.lang}>
              {other.text}
            </p>
          )}
        </>
      )}
    </div>
  );
}
