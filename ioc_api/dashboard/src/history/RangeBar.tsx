import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { now } from "../store/clock";
import { canGoBack, put, spanNow, toggled, view, zoom, zoomBack } from "./asked";
import { compareName } from "./panels";
import { COMPARED, dayText, foolish, moved, PRESETS, wider } from "./view";

/** When: a preset, two moments, a part that was brushed and the way out of it. */
export function RangeBar({ span }: { span: readonly [number, number] }) {
  const wrong = useSignal(false);
  const chosen = view.value.span;
  /** Both as they were typed, while their order is wrong. */
  const typed = useSignal<readonly [number, number] | null>(null);
  useEffect(() => {
    typed.value = null;
    wrong.value = false;
  }, [JSON.stringify(chosen)]);
  const [first, last] = typed.value ?? span;
  const take = (from: number | null, to: number | null): void => {
    if (from === null || to === null) return;
    wrong.value = from >= to;
    typed.value = wrong.value ? [from, to] : null;
    if (!wrong.value) put({ span: [from, to] });
  };
  return (
    <div class="history-range">
      {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, not fields of a form */}
      <div class="history-presets" role="group" aria-label={t("history.range")}>
        {PRESETS.map((preset) => (
          <button
            key={preset}
            type="button"
            class="history-preset"
            data-range={preset}
            aria-pressed={chosen === preset}
            onClick={() => {
              wrong.value = false;
              typed.value = null;
              put({ span: preset });
            }}
          >
            {t(`history.range_${preset}`)}
          </button>
        ))}
      </div>
      <DateTime name="from" label={t("history.from")} value={first} onValue={(from) => take(from, last)} />
      <DateTime name="to" end label={t("history.to")} value={last} onValue={(to) => take(first, to)} />
      {wrong.value && (
        <p class="history-wrong" role="alert">
          {t("history.order")}
        </p>
      )}
    </div>
  );
}

function Step({
  sign,
  name,
  onStep,
}: {
  sign: string;
  name: "earlier" | "later" | "wider";
  onStep: () => void;
}) {
  const words = t(`history.${name}`);
  return (
    <button
      type="button"
      class="act history-step"
      data-act={name}
      aria-label={words}
      title={words}
      onClick={onStep}
    >
      {sign}
    </button>
  );
}

const USUAL: readonly string[] = ["1d", "7d"];

/** Against which days: the same lines, shifted onto the span. */
export function CompareBar({ span }: { span: readonly [number, number] }) {
  const { compare } = view.value;
  const full = compare.length >= COMPARED;
  const days = [...USUAL, ...compare.filter((one) => !USUAL.includes(one))];
  return (
    <div class="history-compare">
      <div class="history-steps">
        <Step sign="‹" name="earlier" onStep={() => put({ span: moved(spanNow(), -1) })} />
        <Step sign="›" name="later" onStep={() => put({ span: moved(spanNow(), 1) })} />
        <Step sign="−" name="wider" onStep={() => zoom(wider(spanNow(), now.peek()))} />
        {canGoBack.value && (
          <button type="button" class="act" data-act="zoom-back" onClick={zoomBack}>
            ↶ {t("history.back")}
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, not fields of a form */}
      <div class="history-presets" role="group" aria-label={t("history.compare")}>
        <span class="history-compare-title">{t("history.compare")}</span>
        {days.map((one) => (
          <button
            key={one}
            type="button"
            class="history-preset"
            data-compare={one}
            aria-pressed={compare.includes(one)}
            disabled={full && !compare.includes(one)}
            onClick={() => put({ compare: toggled(compare, one) })}
          >
            {compareName(one)}
          </button>
        ))}
      </div>
      {!full && (
        <DateTime
          name="compare-day"
          day
          label={t("history.compare_day")}
          value={null}
          max={now.peek()}
          onValue={(day) => {
            const text = day === null ? "" : dayText(day);
            if (text !== "" && !compare.includes(text) && !foolish(text, span[0]))
              put({ compare: [...compare, text] });
          }}
        />
      )}
    </div>
  );
}
