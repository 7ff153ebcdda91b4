import { useSignal } from "@preact/signals";
import type { Pace } from "../../api/rules";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { readDuration, readNumber, showDuration, showNumber } from "../amounts";

const TIMES = ["wait_s", "interval_s", "repeat_s"] as const;
const GRAVE = ["warning", "major", "critical"] as const;

/** How alerts are told: what is left empty is as the product does it. */
export function PaceEditor({ pace, onPace }: { pace: Pace; onPace: (pace: Pace) => void }) {
  const escalate = pace.escalate_s ?? {};
  return (
    <details class="rule-more">
      <summary>{t("department.pace")}</summary>
      <div class="form-row">
        {TIMES.map((name) => (
          <Amount
            key={name}
            name={name}
            label={t(`pace.${name}`)}
            value={pace[name] ?? null}
            onValue={(value) => onPace({ ...pace, [name]: value })}
          />
        ))}
        <Amount
          plain
          name="storm"
          label={t("pace.storm")}
          value={pace.storm ?? null}
          onValue={(storm) => onPace({ ...pace, storm })}
        />
      </div>
      <div class="form-row">
        {GRAVE.map((severity) => (
          <Amount
            key={severity}
            name={`escalate-${severity}`}
            label={t("pace.escalate", { severity: t(`severity.${severity}`).toLocaleLowerCase() })}
            value={escalate[severity] ?? null}
            onValue={(value) => {
              const { [severity]: _, ...rest } = escalate;
              onPace({ ...pace, escalate_s: value === null ? rest : { ...rest, [severity]: value } });
            }}
          />
        ))}
      </div>
    </details>
  );
}

function Amount({
  name,
  label,
  value,
  plain = false,
  onValue,
}: {
  name: string;
  label: string;
  value: number | null;
  plain?: boolean;
  onValue: (value: number | null) => void;
}) {
  const text = useSignal(value === null ? "" : plain ? showNumber(value) : showDuration(value));
  const read = plain ? readNumber : readDuration;
  return (
    <Field
      name={name}
      label={label}
      value={text.value}
      invalid={text.value.trim() !== "" && read(text.value) === null}
      onValue={(typed) => {
        text.value = typed;
        const found = typed.trim() === "" ? null : read(typed);
        if (typed.trim() === "" || found !== null) onValue(found);
      }}
    />
  );
}
