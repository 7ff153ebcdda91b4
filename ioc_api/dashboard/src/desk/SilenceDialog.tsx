import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Words } from "../alerts/ActionForm";
import { NOTE } from "../alerts/acts";
import type { Alert } from "../api/alerts";
import type { Reach } from "../api/desk";
import { post } from "../api/http";
import { formatMoment, formatNumber } from "../format";
import { half, t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { refusal } from "../parts/deed";
import { holdsRefused } from "../parts/refused";
import { now } from "../store/clock";
import { me } from "../store/me";
import { ENDS, type End, endOf, LONGEST_MS } from "../store/shifts";
import { Dialog } from "./Dialog";
import { About } from "./DoDialog";
import { muteAll } from "./doing";
import { matchersOf, REACHES, type Wide } from "./mutes";
import { asked, busy } from "./state";

/** Mute what was chosen until a moment, with a reason; alerts go on being made, only nobody is told. */
export function SilenceDialog({ list }: { list: Alert[] }) {
  const wide = useSignal<Wide>("same");
  const end = useSignal<End>("1h");
  const other = useSignal<number | null>(null);
  const reason = useSignal("");
  const lacks = useSignal<string | null>(null);
  const close = (): void => {
    asked.value = null;
  };
  const until = endOf(end.value, now.value, other.value);
  const send = async (): Promise<void> => {
    const ends = endOf(end.peek(), now.peek(), other.peek());
    lacks.value =
      reason.value.trim() === ""
        ? t("silence.reason_needed")
        : ends === null
          ? t("silence.end_needed")
          : null;
    if (lacks.value !== null || ends === null || busy.peek()) return;
    const { made, failed } = await muteAll(
      matchersOf(list, wide.peek(), me.peek()),
      reason.value.trim(),
      ends,
    );
    if (made.length > 0) close();
    else lacks.value = half(failed[0] ?? "");
  };
  return (
    <Dialog name="silence" title={t("silence.title")} onClose={close}>
      <form
        class="do"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!holdsRefused(event.currentTarget)) send();
        }}
      >
        <About list={list} />
        <fieldset class="silence-choice do-note">
          <legend>{t("silence.what")}</legend>
          {REACHES.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="wide"
                value={one}
                checked={wide.value === one}
                onChange={() => {
                  wide.value = one;
                }}
              />
              {t(`silence.${one}`)}
            </label>
          ))}
          <ReachLine list={list} wide={wide.value} />
        </fieldset>
        <fieldset class="silence-choice silence-ends do-note">
          <legend>{t("silence.until")}</legend>
          {ENDS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="end"
                value={one}
                checked={end.value === one}
                onChange={() => {
                  end.value = one;
                }}
              />
              {t(`silence.end_${one}`)}
            </label>
          ))}
          {end.value === "other" && (
            <DateTime
              name="until"
              label={t("silence.end_at")}
              value={other.value}
              min={now.peek()}
              max={now.peek() + LONGEST_MS}
              required
              onValue={(ms) => {
                other.value = ms;
              }}
            />
          )}
          {until !== null && <p class="dim">{t("silence.ends", { time: formatMoment(until, now.value) })}</p>}
        </fieldset>
        <Words name="reason" label={t("silence.reason")} most={NOTE} long value={reason} autofocus />
        <p class="do-said" role="status" data-tone="late">
          {busy.value ? t("do.working") : lacks.value}
        </p>
        <div class="do-buttons">
          <button type="submit" class="act" data-due="true" data-act="send" aria-disabled={busy.value}>
            {t("silence.send")}
          </button>
          <button type="button" class="act" data-act="cancel" onClick={close}>
            {t("desk.cancel")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** How much it would mute as things stand, asked of the server as the choice changes. */
function ReachLine({ list, wide }: { list: Alert[]; wide: Wide }) {
  const said = useSignal<string | null>(null);
  const bad = useSignal(false);
  useEffect(() => {
    let gone = false;
    said.value = null;
    Promise.all(
      matchersOf(list, wide, me.peek()).map((matcher) => post<Reach>("silences/check", { matcher })),
    )
      .then((found) => {
        if (gone) return;
        const sum = (of: "alerts" | "sensors"): string =>
          formatNumber(found.reduce((all, one) => all + (one?.[of] ?? 0), 0));
        bad.value = false;
        said.value = t("silence.reach", { alerts: sum("alerts"), sensors: sum("sensors") });
      })
      .catch((cause) => {
        if (gone) return;
        bad.value = true;
        said.value = half(refusal(cause));
      });
    return () => {
      gone = true;
    };
  }, [wide]);
  return (
    <p class="do-said" role="status" data-tone={bad.value ? "late" : undefined} data-reach>
      {said.value ?? t("silence.checking")}
    </p>
  );
}
