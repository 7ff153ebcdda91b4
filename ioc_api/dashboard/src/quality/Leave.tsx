import { useSignal } from "@preact/signals";
import { send } from "../api/http";
import type { Group } from "../api/quarantine";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { exactly } from "../parts/moment";
import { Outcome } from "../parts/Outcome";

/** Seen, and left as it is: nothing is removed, and what comes later shows it again. */
export function Leave({ group, onChange }: { group: Group; onChange: () => void }) {
  const note = useSignal("");
  const deed = useDeed();
  const seen = group.seen ?? group.seen_before;
  const put = (text: string | null): void => {
    const key = { reason: group.reason, shape: group.shape };
    void deed
      .run(() => send("PUT", "quarantine/seen", { ...key, note: text }))
      .then((done) => done && onChange());
  };
  return (
    <section class="leave">
      <h3>{t("quality.leave")}</h3>
      {seen !== null && (
        <p>
          {t(group.seen === null ? "quality.was_seen" : "quality.is_seen", {
            who: seen.author,
            at: exactly(seen.at),
          })}{" "}
          <q>{seen.note}</q>{" "}
          <button type="button" class="text-button" data-act="unsee" onClick={() => put(null)}>
            {t("quality.unsee")}
          </button>
        </p>
      )}
      {group.seen === null && (
        <form
          class="form-row"
          onSubmit={(event) => {
            event.preventDefault();
            put(note.value);
          }}
        >
          <Field
            name="leave-note"
            label={t("quality.leave_note")}
            hint={t("quality.leave_hint")}
            value={note.value}
            onValue={(value) => {
              note.value = value;
            }}
            maxLength={500}
            required
          />
          <button type="submit" class="act" data-act="leave">
            {t("quality.leave_do")}
          </button>
        </form>
      )}
      <Outcome deed={deed} />
    </section>
  );
}
