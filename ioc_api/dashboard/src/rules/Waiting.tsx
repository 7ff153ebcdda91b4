import { half, t } from "../i18n";
import type { Reading } from "./reading";

/** That it is being read, or why it is not. */
export function Waiting<T>({ of }: { of: Reading<T> }) {
  if (of.trouble.value !== null)
    return (
      <p class="list-trouble" role="alert">
        {half(of.trouble.value)}{" "}
        <button type="button" class="text-button" onClick={of.read}>
          {t("page.try_again")}
        </button>
      </p>
    );
  return of.found.value === null ? <p class="dim list-wait">{t("list.waiting")}</p> : null;
}
