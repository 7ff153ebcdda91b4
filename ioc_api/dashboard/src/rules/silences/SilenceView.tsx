import { useSignal } from "@preact/signals";
import { send } from "../../api/http";
import type { Silence } from "../../api/rules";
import { t } from "../../i18n";
import { useDeed } from "../../parts/deed";
import { Outcome } from "../../parts/Outcome";
import { may } from "../../store/me";
import { orFaster } from "../people/saving";
import { matcherText, minute } from "../words";
import type { Undo } from "./Silences";

/** One silence: what it mutes, who wants it and why, and its end before its time. */
export function SilenceView({
  silence,
  onBack,
  onDone,
}: {
  silence: Silence;
  onBack: () => void;
  onDone: (undo: Undo) => void;
}) {
  const deed = useDeed();
  const faster = useSignal<Silence | null>(null);
  return (
    <div class="form" data-one-silence={silence.id} data-state={silence.state}>
      <div class="person-head">
        <h2>{t(`quiet.${silence.kind}`)}</h2>
        <button type="button" class="close" aria-label={t("rules.close")} onClick={onBack}>
          ×
        </button>
      </div>
      <p class="silence-reason">{silence.reason}</p>
      <dl class="silence-facts">
        <dt>{t("quiet.mutes")}</dt>
        <dd>{matcherText(silence.matcher)}</dd>
        <dt>{t("quiet.from")}</dt>
        <dd class="number">{minute(silence.starts_at)}</dd>
        <dt>{t("quiet.to")}</dt>
        <dd class="number">{minute(silence.ends_at)}</dd>
        <dt>{t("quiet.author")}</dt>
        <dd>{silence.author}</dd>
        <dt>{t("quiet.state")}</dt>
        <dd>{t(`quiet.is_${silence.state}`)}</dd>
        {silence.ended_at !== null && (
          <>
            <dt>{t("quiet.ended")}</dt>
            <dd>
              <span class="number">{minute(silence.ended_at)}</span> · {silence.ended_by}
            </dd>
          </>
        )}
      </dl>
      {silence.state !== "over" && may("silences.write") && (
        <div class="do-buttons">
          <button
            type="button"
            class="act"
            data-due="true"
            data-act="end-silence"
            onClick={() =>
              deed.run(async () => {
                await orFaster(faster, () =>
                  send("POST", `silences/${silence.id}/end`, { revision: silence.revision }),
                );
                onDone({
                  text: t("quiet.ended_now"),
                  work: () => send("POST", "silences", again(silence)),
                });
              })
            }
          >
            {t(silence.state === "planned" ? "quiet.cancel" : "quiet.end_now")}
          </button>
        </div>
      )}
      <p class="dim">{t("quiet.then")}</p>
      <Outcome deed={deed} />
    </div>
  );
}

/** The same once more, from now on where it had begun. */
export function again(silence: Silence): Record<string, unknown> {
  const { kind, matcher, reason, starts_at, ends_at, state } = silence;
  return { kind, matcher, reason, ends_at, ...(state === "planned" && { starts_at }) };
}
