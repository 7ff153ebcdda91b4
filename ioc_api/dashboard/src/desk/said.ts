import { formatMoment, formatNumber } from "../format";
import { t } from "../i18n";
import { now } from "../store/clock";
import type { Told } from "./state";

/** What came of it, over the reasons why not all was done. Of what nobody knows it is not said that it was not done. */
export function sentence(last: Told): string {
  if (last.kind === "silences") {
    const ends = last.made[0]?.ends_at ?? "";
    if (last.made.length === 0) return t(last.unknown > 0 ? "desk.unsure" : "desk.none_done");
    return last.ended
      ? t("silence.ended")
      : t("silence.made", { time: formatMoment(Date.parse(ends), now.value) });
  }
  const { act, done, refused } = last.report;
  const parts = [];
  if (done.length > 0) parts.push(t(`desk.done_${act}`, { count: formatNumber(done.length) }));
  const unknown = refused.filter((one) => one.why === "unknown").length;
  if (unknown > 0) parts.push(t("desk.not_known", { count: formatNumber(unknown) }));
  const not = refused.length - unknown;
  if (not > 0)
    parts.push(
      done.length + unknown > 0 ? t("desk.not_done", { count: formatNumber(not) }) : t("desk.none_done"),
    );
  return parts.join(" ");
}
