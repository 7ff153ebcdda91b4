import { formatNumber } from "../format";
import { t } from "../i18n";
import type { Machine } from "./machine";
import { SPEEDS } from "./spans";

interface Props {
  machine: Machine;
  /** to the alert before or after the moment that is shown; null: there is none */
  before: number | null;
  after: number | null;
}

/** Play, pause, to the next alert, and how fast. */
export function Controls({ machine, before, after }: Props) {
  const shown = machine.shown.value;
  const playing = shown?.playing ?? false;
  const speed = shown?.speed ?? machine.now.speed;
  const reached = shown?.reached ?? null;
  const behind = playing && reached !== null && reached < speed * 0.8;
  return (
    <div class="past-controls">
      <button
        type="button"
        class="act past-play"
        data-playing={playing}
        aria-keyshortcuts="Space"
        onClick={() => machine.toggle()}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={playing ? "M4 3h3v10H4zM9 3h3v10H9z" : "M4 2.500L13.500 8 4 13.500z"} />
        </svg>
        {t(playing ? "replay.pause" : shown?.ended ? "replay.again" : "replay.play")}
      </button>
      <Step to={before} text={t("replay.alert_before")} path="M3 3h2v10H3zM13 3v10L6 8z" machine={machine} />
      <Step to={after} text={t("replay.alert_after")} path="M11 3h2v10h-2zM3 3v10l7-5z" machine={machine} />
      <fieldset class="past-speeds" aria-label={t("replay.speed")}>
        <span class="dim" aria-hidden="true">
          {t("replay.speed")}
        </span>
        {SPEEDS.map((one) => (
          <button
            key={one}
            type="button"
            class="past-speed number"
            data-speed={one}
            aria-pressed={speed === one}
            onClick={() => machine.speed(one)}
          >
            {one}×
          </button>
        ))}
      </fieldset>
      <span class="past-reached" data-behind={behind} role="status">
        {shown?.loading
          ? t("replay.loading")
          : shown?.trouble
            ? t("replay.trouble")
            : behind
              ? t("replay.behind", { reached: formatNumber(reached), speed: formatNumber(speed) })
              : shown?.ended
                ? t("replay.ended")
                : ""}
      </span>
      <span class="past-hint dim">{t("replay.keys")}</span>
    </div>
  );
}

function Step({
  to,
  text,
  path,
  machine,
}: {
  to: number | null;
  text: string;
  path: string;
  machine: Machine;
}) {
  return (
    <button
      type="button"
      class="past-step"
      disabled={to === null}
      title={text}
      aria-label={text}
      onClick={() => to !== null && machine.seek(to)}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}
