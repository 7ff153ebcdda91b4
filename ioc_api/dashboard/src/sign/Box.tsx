import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { Switches } from "../shell/Switches";
import type { Phase } from "../store/phase";

/** One quiet box in the middle of an empty page. */
export function Box({ phase, children }: { phase: Phase; children: ComponentChildren }) {
  return (
    <main class="sign" data-phase={phase}>
      <div class="sign-box">
        <p class="sign-name">
          <span class="brand-mark">{t("app.short")}</span>
          <span>{t("app.place")}</span>
        </p>
        {children}
        <div class="sign-foot">
          <Switches />
        </div>
      </div>
    </main>
  );
}
