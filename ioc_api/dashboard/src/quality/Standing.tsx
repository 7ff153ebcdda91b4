import { formatAge } from "../format";
import { half, t } from "../i18n";
import { now } from "../store/clock";
import type { Reading } from "./reading";

/** That something is being read, why it is not, and since when what is shown is old. */
export function Standing<T>({ of }: { of: Reading<T> }) {
  const why = of.trouble.value;
  const at = of.at.value;
  if (why !== null)
    return (
      <p class="list-trouble" role="alert">
        {why === "" ? t("list.unreachable") : half(why)}
        {at !== null && ` ${t("quality.old", { age: formatAge((now.value - at) / 1000) })}`}
      </p>
    );
  return of.value.value === null ? <p class="dim list-wait">{t("list.waiting")}</p> : null;
}
