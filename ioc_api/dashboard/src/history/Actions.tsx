import { useSignal } from "@preact/signals";
import { getFile } from "../api/http";
import type { ChartHandle } from "../charts/model";
import { exportPng, hand } from "../charts/picture";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { copy } from "../parts/Once";
import { Outcome } from "../parts/Outcome";
import { written } from "../parts/typed";
import { now } from "../store/clock";
import { may } from "../store/me";
import { addressOf } from "../store/route";
import { put, view } from "./asked";
import type { Found } from "./explorer";
import { fileOf } from "./questions";
import { queryOf } from "./view";
import { madeFrom, spanText, why } from "./words";

/** What can be taken away: a link, a picture, files of the API; and whether alerts are shown. */
export function Actions({
  span,
  found,
  charts,
  title,
  told,
}: {
  /** that is asked for; what was found may still be of the one before */
  span: readonly [number, number];
  found: Found | null;
  charts: ReadonlyMap<string, ChartHandle>;
  title: string;
  told: string;
}) {
  const deed = useDeed();
  const every = useSignal(false);
  const some = found !== null && found.traces.length > 0;
  const questions = (found?.answers ?? []).map(({ question }) => question).filter((one) => one.shift === 0);

  const share = async (): Promise<void> => {
    // A link reproduces this very view, also tomorrow: the span is written out.
    const exact = { ...view.peek(), span };
    const copied = await copy(`${location.origin}/${addressOf("history", "", queryOf(exact))}`);
    deed.said.value = {
      tone: copied ? "ok" : "late",
      text: t(copied ? "history.shared" : "history.not_shared"),
    };
  };
  const picture = (): Promise<boolean> =>
    deed.run(
      async () => {
        const sources = madeFrom((found?.answers ?? []).flatMap(({ answer }) => answer.made_from));
        const blob = await exportPng([...charts.values()], {
          title: t("history.picture_title", { title }),
          subtitle: [found ? spanText(found.span) : "", told].filter((part) => part !== "").join(" · "),
          source: t("history.source", { place: t("app.place"), sources, time: written(now.peek()) }),
        });
        if (blob !== null) hand(blob, nameOfFile(found, "png"));
      },
      t("history.saved", { count: 1 }),
    );
  const file = async (form: "csv" | "parquet"): Promise<void> => {
    if (found === null) return;
    deed.said.value = { tone: "ok", text: t("history.saving") };
    deed.busy.value = true;
    try {
      for (const [i, question] of questions.entries()) {
        const blob = await getFile(fileOf(question, found.span, every.peek() ? 0 : found.points, form));
        hand(blob, nameOfFile(found, form, questions.length > 1 ? `-${i + 1}` : ""));
      }
      deed.said.value = { tone: "ok", text: t("history.saved", { count: questions.length }) };
    } catch (cause) {
      deed.said.value = { tone: "late", text: why(cause) };
    } finally {
      deed.busy.value = false;
    }
  };
  const busy = !some || deed.busy.value;
  return (
    <div class="history-actions">
      <button type="button" class="act" data-act="share" onClick={share}>
        {t("history.share")}
      </button>
      <button type="button" class="act" data-act="picture" disabled={busy} onClick={picture}>
        {t("history.picture")}
      </button>
      <button type="button" class="act" data-act="csv" disabled={busy} onClick={() => file("csv")}>
        {t("history.csv")}
      </button>
      <button type="button" class="act" data-act="parquet" disabled={busy} onClick={() => file("parquet")}>
        {t("history.parquet")}
      </button>
      <label class="choice">
        <input
          type="checkbox"
          name="every"
          checked={every.value}
          onChange={(event) => {
            every.value = event.currentTarget.checked;
          }}
        />
        {t("history.every")}
      </label>
      {may("alerts.read") && (
        <label class="choice history-alerts-choice">
          <input
            type="checkbox"
            name="alerts"
            checked={view.value.alerts}
            onChange={(event) => put({ alerts: event.currentTarget.checked })}
          />
          {t("history.with_alerts")}
        </label>
      )}
      <Outcome deed={deed} />
    </div>
  );
}

/** `ioc-2026-11-23.csv`: what it holds is in it. */
function nameOfFile(found: Found | null, form: string, more = ""): string {
  const day = written(found?.span[0] ?? now.peek(), true)
    .split("/")
    .reverse()
    .join("-");
  return `ioc-${day}${more}.${form}`;
}
