import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { instead, judged, unjudged } from "../store/judged";

/** That nobody judges, or that it is not known: what stands beside it does not say that all is well. */
export function Doubt() {
  const why = judged.value ? null : (unjudged.value ?? instead.value);
  if (why === null) return null;
  return (
    <p class="wall-doubt">
      <Mark of="never_seen" />
      <strong data-doubt={why}>{t(why)}</strong>
    </p>
  );
}
