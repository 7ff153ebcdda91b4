import { useSignal } from "@preact/signals";
import { type Key, t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { now } from "../store/clock";
import { LONGEST_MS, PRESETS, type Preset, presetOf, type Span } from "./spans";

const WORDS: Record<Preset, Key> = {
  hour: "replay.preset_hour",
  night: "replay.preset_night",
  day: "replay.preset_day",
};

/** Which part of the past: presets, or from and to. */
export function Choose({ span, show }: { span: Span; show: (span: Span) => void }) {
  const opened = useSignal(false);
  const from = useSignal<number | null>(span.from);
  const to = useSignal<number | null>(span.to);
  const wrong = useSignal<string | null>(null);
  const chosen = presetOf(span, now.value);
  const take = (): void => {
    const [a, b] = [from.value, to.value];
    wrong.value =
      a === null || b === null || a >= b
        ? t("replay.wrong_order")
        : a >= now.peek()
          ? t("replay.wrong_future")
          : b - a > LONGEST_MS
            ? t("replay.wrong_long")
            : null;
    if (wrong.value !== null || a === null || b === null) return;
    opened.value = false;
    show({ from: a, to: Math.min(b, now.peek()) });
  };
  return (
    <div class="past-choose">
      <fieldset class="chips" aria-label={t("replay.which")}>
        {(Object.keys(PRESETS) as Preset[]).map((name) => (
          <button
            key={name}
            type="button"
            class="chip"
            data-preset={name}
            aria-pressed={chosen === name}
            onClick={() => {
              opened.value = false;
              show(PRESETS[name](now.peek()));
            }}
          >
            {t(WORDS[name])}
          </button>
        ))}
        <button
          type="button"
          class="chip"
          data-preset="own"
          aria-expanded={opened.value}
          aria-pressed={chosen === null}
          onClick={() => {
            from.value = span.from;
            to.value = span.to;
            opened.value = !opened.value;
          }}
        >
          {t("replay.preset_own")}
        </button>
      </fieldset>
      {opened.value && (
        <form
          class="past-form"
          onSubmit={(event) => {
            event.preventDefault();
            take();
          }}
        >
          <DateTime
            name="from"
            label={t("replay.from")}
            value={from.value}
            required
            onValue={(ms) => {
              from.value = ms;
            }}
          />
          <DateTime
            name="to"
            label={t("replay.to")}
            value={to.value}
            end
            required
            onValue={(ms) => {
              to.value = ms;
            }}
          />
          <button type="submit" class="act">
            {t("replay.show")}
          </button>
          {wrong.value !== null && (
            <p class="list-trouble" role="alert">
              {wrong.value}
            </p>
          )}
        </form>
      )}
    </div>
  );
}
