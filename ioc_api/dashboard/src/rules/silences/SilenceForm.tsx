import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Matcher, Silence } from "../../api/rules";
import { t } from "../../i18n";
import { DateTime } from "../../parts/DateTime";
import { useDeed } from "../../parts/deed";
import { Field } from "../../parts/Field";
import { Outcome } from "../../parts/Outcome";
import { holdsRefused } from "../../parts/refused";
import { now } from "../../store/clock";
import { readNumber } from "../amounts";
import { Choose } from "../Choose";
import { type Every, occurrences, overlapping } from "./calendar";
import { cleaned, Matching, useReach } from "./Matching";
import { type Made, makeAll, tooFar } from "./making";

const LONGEST_MS = 30 * 86_400_000;
const EVERY: readonly Every[] = ["once", "day", "weekday", "week"];

/** A silence or a maintenance window as it is to be. It must end; again and again is a window of its own each time. */
export function SilenceForm({
  starts,
  ends,
  onBack,
  onMade,
}: {
  starts: number | null;
  ends: number | null;
  onBack: () => void;
  /** told of what was made, be it only some of it */
  onMade: (made: Made) => void;
}) {
  const kind = useSignal<Silence["kind"]>(starts === null ? "silence" : "maintenance");
  const matcher = useSignal<Matcher>({});
  const reason = useSignal("");
  const from = useSignal<number | null>(starts);
  const to = useSignal<number | null>(ends);
  const every = useSignal<Every>("once");
  const times = useSignal("4");
  const reach = useReach(matcher.value);
  // Drawn in the calendar anew, the rest of the form stays.
  useEffect(() => {
    if (starts !== null) kind.value = "maintenance";
    from.value = starts;
    to.value = ends;
  }, [starts, ends]);
  const deed = useDeed();
  const count =
    every.value === "once" ? 1 : Math.min(60, Math.max(1, Math.round(readNumber(times.value) ?? 1)));
  const save = (): void => {
    const begin = from.value ?? now.peek();
    if (to.value === null || to.value <= begin) {
      deed.lacks(t("quiet.end_needed"));
      return;
    }
    if (reason.value.trim() === "") {
      deed.lacks(t("quiet.reason_needed"));
      return;
    }
    const typed = readNumber(times.value);
    if (every.value !== "once" && !(Number.isInteger(typed) && typed === count)) {
      deed.lacks(t("quiet.times_needed"));
      return;
    }
    if (overlapping(begin, to.value, every.value)) {
      deed.lacks(t("quiet.overlaps_itself"));
      return;
    }
    const spans = occurrences(begin, to.value, every.value, count);
    if (tooFar(spans, now.peek())) {
      deed.lacks(t("quiet.too_far"));
      return;
    }
    const what = { kind: kind.value, matcher: cleaned(matcher.value), reason: reason.value.trim() };
    const atOnce = from.value === null;
    deed.run(async () => onMade(await makeAll(spans, what, atOnce)));
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!holdsRefused(event.currentTarget)) save();
      }}
    >
      <div class="person-head">
        <h2>{t("quiet.new")}</h2>
        <button type="button" class="close" aria-label={t("rules.close")} onClick={onBack}>
          ×
        </button>
      </div>
      <Choose
        name="silence-kind"
        label={t("quiet.kind")}
        value={kind.value}
        options={(["silence", "maintenance"] as const).map((code) => ({ code, text: t(`quiet.${code}`) }))}
        onValue={(value) => {
          kind.value = value as Silence["kind"];
        }}
      />
      <Field
        name="silence-reason"
        label={t("quiet.reason")}
        maxLength={2000}
        required
        value={reason.value}
        onValue={(value) => {
          reason.value = value;
        }}
      />
      <div class="form-row">
        <DateTime
          name="silence-from"
          label={t("quiet.from")}
          hint={t("quiet.from_hint")}
          value={from.value}
          onValue={(ms) => {
            from.value = ms;
          }}
        />
        <DateTime
          name="silence-to"
          label={t("quiet.to")}
          required
          hint={t("quiet.to_hint")}
          max={(from.value ?? now.value) + LONGEST_MS}
          value={to.value}
          onValue={(ms) => {
            to.value = ms;
          }}
        />
      </div>
      <div class="form-row">
        <Choose
          name="silence-every"
          label={t("quiet.every")}
          value={every.value}
          options={EVERY.map((code) => ({ code, text: t(`quiet.every_${code}`) }))}
          onValue={(value) => {
            every.value = value as Every;
          }}
        />
        {every.value !== "once" && (
          <Field
            name="silence-times"
            label={t("quiet.times")}
            hint={t("quiet.times_hint")}
            maxLength={2}
            value={times.value}
            onValue={(value) => {
              times.value = value;
            }}
          />
        )}
      </div>
      <Matching
        matcher={matcher.value}
        reach={reach}
        onMatcher={(next) => {
          matcher.value = next;
        }}
      />
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-due="true"
          data-act="save-silence"
          aria-disabled={deed.busy.value}
          disabled={reach.found === null}
        >
          {count > 1 ? t("quiet.make_many", { n: count }) : t("quiet.make")}
        </button>
        <button type="button" class="act" onClick={onBack}>
          {t("deed.back")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
