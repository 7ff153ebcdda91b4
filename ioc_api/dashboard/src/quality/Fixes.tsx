import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import type { Fix, Group, Supposed, Tried, WholeItem } from "../api/quarantine";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { may } from "../store/me";
import { domains } from "../store/registry";
import { FixForm } from "./FixForm";
import { type Draft, fixOf, guess, PLAIN, Unclear } from "./fix";
import { RangeForm } from "./RangeForm";
import { Register } from "./Register";
import { TrialView } from "./TrialView";
import { domainIn } from "./words";

/** A trial and what it was of: only that is offered for the replay. */
interface Trial {
  fix: Fix | null;
  supposed: boolean;
  result: Tried;
}

/** What can be done about a group: mend its cause here, or say how its messages are to be read; try it, replay it. */
export function Fixes({
  group,
  sample,
  onChange,
}: {
  group: Group;
  sample: WholeItem;
  onChange: () => void;
}) {
  const metricsOf = (code: string | null) => domains.value.find((d) => d.code === code)?.metrics ?? [];
  const domain = useSignal(domainIn(group.pattern) ?? "");
  const draft = useSignal<Draft>(guess(group.reason, sample.leaves, metricsOf(domain.value)));
  const trial = useSignal<Trial | null>(null);
  const note = useSignal("");
  const trying = useDeed();
  const replaying = useDeed();
  const filter = { reason: group.reason, shape: group.shape };

  const attempt = (suppose?: Supposed): void => {
    let fix: Fix | null;
    try {
      fix = fixOf(draft.value);
    } catch (cause) {
      trial.value = null;
      trying.lacks(t(`fixlack.${cause instanceof Unclear ? (cause.message as "zone") : "values"}`));
      return;
    }
    trial.value = null;
    const tried = draft.peek();
    let changed = false;
    const body = { filter, ...(fix !== null && { fix }), ...(suppose !== undefined && { suppose }) };
    void trying
      .run(async () => {
        const result = await post<Tried>("quarantine/try", body);
        changed = draft.peek() !== tried;
        if (result !== null && !changed) trial.value = { fix, supposed: suppose !== undefined, result };
      }, t("quality.tried"))
      .then(() => {
        if (changed) trying.lacks(t("quality.changed_meanwhile"));
      });
  };
  const replay = (fix: Fix | null): void => {
    const body = { filter, ...(fix !== null && { fix }), note: note.value.trim() };
    void replaying
      .run(() => post("quarantine/replay", body), t("quality.replay_asked"))
      .then((done) => {
        if (done) {
          trial.value = null;
          onChange();
        }
      });
  };
  const put = (next: Draft): void => {
    draft.value = next;
    trial.value = null;
  };

  return (
    <section class="fixes">
      <h3>{t("quality.fix")}</h3>
      {group.reason === "unknown_sensor" && may("sensors.write") && (
        <Register group={group} onDone={() => attempt()} onSuppose={() => attempt({ registered: true })} />
      )}
      {group.reason === "out_of_range" && may("sensors.write") && domain.value !== "" && (
        <RangeForm
          domain={domain.value}
          detail={sample.replay_detail ?? sample.detail}
          onSuppose={(bounds) => attempt({ ranges: [bounds] })}
          onDone={() => attempt()}
        />
      )}
      <FixForm
        draft={draft.value}
        leaves={sample.leaves}
        domain={domain.value}
        onDomain={(code) => {
          domain.value = code;
          put({ ...PLAIN, whose: draft.value.whose, sensor: draft.value.sensor, level: draft.value.level });
        }}
        fixed={domainIn(group.pattern) !== null}
        onDraft={put}
      />
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          data-due={trial.value === null}
          data-act="try"
          aria-disabled={trying.busy.value}
          onClick={() => attempt()}
        >
          {t("quality.try")}
        </button>
        <span class="dim">{t("quality.try_help")}</span>
      </div>
      <Outcome deed={trying} />
      {trial.value !== null && (
        <div class="trial-box">
          <TrialView trial={trial.value.result} supposed={trial.value.supposed} />
          {!trial.value.supposed && trial.value.result.tried > 0 && (
            <form
              class="form-row"
              onSubmit={(event) => {
                event.preventDefault();
                replay(trial.value?.fix ?? null);
              }}
            >
              <Field
                name="replay-note"
                label={t("quality.replay_note")}
                value={note.value}
                onValue={(value) => {
                  note.value = value;
                }}
                maxLength={500}
              />
              <button
                type="submit"
                class="act"
                data-due={trial.value.result.enter > 0}
                data-act="replay"
                aria-disabled={replaying.busy.value}
              >
                {t(trial.value.fix === null ? "quality.replay_plain" : "quality.replay_fixed")}
              </button>
            </form>
          )}
        </div>
      )}
      <Outcome deed={replaying} />
    </section>
  );
}
