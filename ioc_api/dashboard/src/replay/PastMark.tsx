import { formatAge, formatDate, formatTime } from "../format";
import { half, type Key, t } from "../i18n";
import { MADE_ROOM } from "../live/protocol";
import { now } from "../store/clock";
import { leave } from "../store/route";
import type { Machine, Shown } from "./machine";

/** From what it is made, in words. */
const SOURCES: Record<Shown["source"], Key> = {
  readings: "replay.source_readings",
  minutes: "replay.source_minutes",
  both: "replay.source_both",
};

/** Says loudly that this is not the present, when it is, and from what it is made. */
export function PastMark({ machine }: { machine: Machine }) {
  const shown = machine.shown.value;
  const at = machine.aim.value ?? shown?.at ?? machine.now.at;
  const state = machine.connection.value;
  return (
    <div class="past-mark" data-state={state.phase} data-source={shown?.source ?? ""}>
      <strong class="past-word">{t("replay.past")}</strong>
      <time class="past-clock number" dateTime={new Date(at).toISOString()} data-at={at}>
        <span>{formatDate(at)}</span> {formatTime(at)}
      </time>
      <span class="past-ago">{t("replay.ago", { age: formatAge((now.value - at) / 1000) })}</span>
      <span class="past-source">{t(SOURCES[shown?.source ?? "readings"])}</span>
      <button type="button" class="act past-leave" onClick={leave}>
        {t("replay.leave")}
      </button>
    </div>
  );
}

/** Why the server closed, where a person can do something about it. */
const ENDS: Partial<Record<number, Key>> = { [MADE_ROOM]: "replay.made_room", 4429: "replay.crowded" };

/** Why nothing comes, and what can be done. */
export function PastTrouble({ machine }: { machine: Machine }) {
  const state = machine.connection.value;
  const refusal = machine.refusal.value;
  if (refusal !== null)
    return (
      <p class="list-trouble past-trouble" role="alert">
        {t("replay.refused")} {half(refusal)}
      </p>
    );
  if (state.phase === "live" || (state.phase === "connecting" && state.lostAt === null)) return null;
  const text = state.phase === "stopped" ? (ENDS[state.code] ?? "replay.shut") : "replay.lost";
  return (
    <p class="list-trouble past-trouble" role="alert">
      {t(text)}{" "}
      <button type="button" class="act" onClick={() => machine.start()}>
        {t("replay.try_again")}
      </button>
    </p>
  );
}
