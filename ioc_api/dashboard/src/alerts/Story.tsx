import type { Alert, Flip, Muting, Told } from "../api/alerts";
import { formatTime } from "../format";
import { half, t } from "../i18n";
import { departmentName } from "../store/departments";
import { language } from "../store/prefs";
import { at } from "./AlertFacts";
import { quantity, who, word } from "./words";

/** Everything that happened to it, the newest first. Notes are text, whatever they hold. */
export function Story({ flips, alert }: { flips: Flip[]; alert: Alert }) {
  return (
    <ol class="story">
      {[...flips].reverse().map((flip) => (
        <li key={flip.id} data-flip={flip.what} data-by={flip.actor === "engine" ? "engine" : "person"}>
          <time class="number dim" dateTime={flip.at}>
            {at(flip.at)}
          </time>
          <div>
            <span class="story-what">
              {word(`flip.${flip.what}`, flip.what, { to: String(flip.facts?.to ?? "–") })}
            </span>
            {flip.actor === "engine" && flip.value !== null && (
              <span class="dim number"> · {quantity(flip.value, alert)}</span>
            )}
            {flip.actor !== "engine" && <span class="dim"> · {who(flip.actor)}</span>}
            {flip.note && <p class="said">{flip.actor === "engine" ? half(flip.note) : flip.note}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Who was told when, by which channel, and what came of it. */
export function ToldList({ told }: { told: Told[] }) {
  if (told.length === 0) return <p class="dim">{t("alert.told_nobody")}</p>;
  return (
    <ol class="story">
      {[...told].reverse().map((one) => (
        <li key={one.id} data-told={one.id} data-sent={one.state}>
          <time class="number dim" dateTime={one.sent_at ?? one.created_at}>
            {at(one.sent_at ?? one.created_at)}
          </time>
          <div>
            <span class="story-what">{departmentName(one.department)}</span>
            <span class="dim">
              {` · ${one.channel_name} (${one.channel_kind}) · ${word(`said.${topic(one)}`, topic(one))}`}
            </span>
            <p class="sent" data-sent={one.state}>
              {word(`sent.${one.state}`, one.state)}
              {one.state === "waiting" && one.attempts > 0 && (
                <span class="dim">
                  {" "}
                  · {t("alert.attempts", { count: one.attempts + 1 })}: {at(one.due_at)}
                </span>
              )}
            </p>
            {one.error && one.state !== "sent" && <p class="said">{half(one.error)}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** What a message was about: that it was told again says more than what was told. */
function topic({ kind, said }: Told): string {
  return kind === "escalation" || kind === "reminder" ? kind : (said ?? kind);
}

/** Why a department or a channel of it was not told, or not yet. */
export function Mutings({ muted }: { muted: Muting[] }) {
  const line = (one: Muting): string => {
    const reason = one[language.value];
    if (one.silence) {
      const { author, ends_at } = one.silence;
      return `${reason}: ${t("alert.muted_by", { reason: one.silence.reason, author, time: at(ends_at) })}`;
    }
    return one.held && one.over_at
      ? `${reason}, ${t("alert.muted_until", { time: at(one.over_at) })}`
      : reason;
  };
  // The same reason again with every flip says nothing new: the last time stands for all.
  const last = new Map(muted.map((one) => [`${one.department}/${one.channel_name}/${one.why}`, one]));
  const shown = [...last].sort(([, a], [, b]) => b.at.localeCompare(a.at));
  return (
    <ol class="story">
      {shown.map(([key, one]) => (
        <li key={key} data-muted={one.why}>
          <time class="number dim" dateTime={one.at} title={formatTime(Date.parse(one.at))}>
            {at(one.at)}
          </time>
          <div>
            <span class="story-what">
              {[one.department && departmentName(one.department), one.channel_name]
                .filter(Boolean)
                .join(" · ") || t("alert.nobody")}
            </span>
            <p class="dim">{line(one)}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}
