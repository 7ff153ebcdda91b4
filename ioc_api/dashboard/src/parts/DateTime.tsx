import "../styles/moment.css";
import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { type Key, t } from "../i18n";
import { now } from "../store/clock";
import { Calendar } from "./Calendar";
import { momentIn, written } from "./typed";

interface Props {
  name: string;
  label: string;
  /** ms since 1970; null: none */
  value: number | null;
  /** told when the field is left or Enter is pressed, and only of moments that are understood */
  onValue: (ms: number | null) => void;
  /** the day alone, without a time of day */
  day?: boolean;
  /** a day without a time is its end (23:59) */
  end?: boolean;
  required?: boolean;
  hint?: string;
  /** ms since 1970 */
  min?: number;
  max?: number;
}

/** What is wrong with what was typed, in words; null: nothing. */
function wrongWith(text: string, props: Props): string | null {
  const { day = false, end = false, min, max, required = false } = props;
  const found = momentIn(text, now.peek(), { day, end });
  if (found === null) return required ? t("moment.needed") : null;
  if (typeof found === "string") {
    const key: Key = found === "no_day" ? "moment.no_day" : day ? "moment.unclear_day" : "moment.unclear";
    return t(key, { example: written(now.peek(), day) });
  }
  if (min !== undefined && found < min) return t("moment.too_early", { time: written(min, day) });
  if (max !== undefined && found > max) return t("moment.too_late", { time: written(max, day) });
  return null;
}

/**
 * A moment of the city, typed as dd/MM/yyyy HH:mm or chosen from a calendar. What is not understood is said beside the
 * field, and a form does not go out with it.
 */
export function DateTime(props: Props) {
  const { name, label, value, onValue, day = false, end = false, hint } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const shown = value === null ? "" : written(value, day);
  const text = useSignal(shown);
  const wrong = useSignal<string | null>(null);
  const opened = useSignal(false);

  // A value that came from elsewhere stands in the field: before it is painted, so that nothing typed since is lost.
  const before = useRef(shown);
  useLayoutEffect(() => {
    // What is being typed stays, and is read when the field is left.
    const typing = document.activeElement === input.current && text.peek() !== before.current;
    before.current = shown;
    if (typing) return;
    text.value = shown;
    wrong.value = null;
    input.current?.setCustomValidity("");
  }, [shown]);

  const take = (typed: string): void => {
    text.value = typed;
    wrong.value = wrongWith(typed, props);
    input.current?.setCustomValidity(wrong.value ?? "");
    if (wrong.value !== null) return;
    const found = momentIn(typed, now.peek(), { day, end });
    if (typeof found === "string") return;
    text.value = found === null ? "" : written(found, day);
    if (found !== value) onValue(found);
  };
  const close = (): void => {
    opened.value = false;
    input.current?.focus();
  };
  const described = [wrong.value !== null ? `${id}-wrong` : "", hint ? `${id}-hint` : ""].join(" ").trim();
  return (
    <div
      class="field moment"
      onFocusOut={(event) => {
        const to = event.relatedTarget;
        if (opened.value && !(to instanceof Node && event.currentTarget.contains(to))) opened.value = false;
      }}
    >
      <label for={id}>{label}</label>
      <div class="moment-line">
        <input
          id={id}
          ref={input}
          name={name}
          type="text"
          inputMode="text"
          autocomplete="off"
          spellcheck={false}
          maxLength={40}
          required={props.required === true}
          placeholder={t(day ? "moment.form_day" : "moment.form")}
          value={text.value}
          aria-invalid={wrong.value !== null ? "true" : undefined}
          aria-describedby={described || undefined}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            // What was wrong is right as soon as it is.
            if (wrong.value === null) return;
            wrong.value = wrongWith(text.value, props);
            event.currentTarget.setCustomValidity(wrong.value ?? "");
          }}
          onChange={(event) => take(event.currentTarget.value)}
        />
        <button
          type="button"
          class="moment-open"
          aria-label={t("moment.choose", { label })}
          aria-expanded={opened.value}
          onClick={() => {
            opened.value = !opened.value;
          }}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M2 3.500H14V14H2zM2 6.800H14M5 1.500V4.500M11 1.500V4.500" />
          </svg>
        </button>
      </div>
      {opened.value && (
        <Calendar
          label={label}
          value={value}
          onDay={(midnight) => {
            const clock = day || value === null ? (end ? 86_340_000 : 0) : timeOf(value);
            take(written(midnight + clock, day));
            close();
          }}
          onClose={close}
        />
      )}
      {wrong.value !== null && (
        <span id={`${id}-wrong`} class="field-hint moment-wrong" role="alert">
          {wrong.value}
        </span>
      )}
      {hint && (
        <span id={`${id}-hint`} class="field-hint">
          {hint}
        </span>
      )}
    </div>
  );
}

/** ms since the city's midnight */
function timeOf(ms: number): number {
  return (ms + 7 * 3_600_000) % 86_400_000;
}
