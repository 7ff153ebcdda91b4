import { useId } from "preact/hooks";

interface Props {
  name: string;
  label: string;
  value: string;
  onValue: (value: string) => void;
  /** The same in the other language, where nobody has chosen one yet. */
  other?: { lang: string; text: string } | undefined;
  hint?: string | undefined;
  type?: "text" | "password" | "email" | "search";
  autocomplete?: string;
  maxLength?: number;
  required?: boolean;
  readOnly?: boolean;
  code?: boolean;
  autofocus?: boolean;
  invalid?: boolean;
}

/** A line of text with its name above it. */
export function Field(props: Props) {
  const id = useId();
  const { name, label, value, onValue, other, hint, code = false } = props;
  return (
    <div class="field">
      <label for={id}>
        {label}
        {other && (
          <span class="field-other" lang={other.lang}>
            {other.text}
          </span>
        )}
      </label>
      <input
        id={id}
        name={name}
        {...({ type: props.type ?? "text" } as { type: "text" })}
        value={value}
        autocomplete={props.autocomplete ?? "off"}
        maxLength={props.maxLength ?? 100}
        required={props.required}
        readOnly={props.readOnly}
        aria-invalid={props.invalid === true ? "true" : undefined}
        aria-describedby={hint ? `${id}-hint` : undefined}
        ref={props.autofocus ? focusOnce : null}
        spellcheck={false}
        {...(code && { inputMode: "text" as const, autocapitalize: "none", class: "field-code" })}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {hint && (
        <span id={`${id}-hint`} class="field-hint">
          {hint}
        </span>
      )}
    </div>
  );
}

const focused = new WeakSet<HTMLElement>();

function focusOnce(element: HTMLElement | null): void {
  if (element === null || focused.has(element)) return;
  focused.add(element);
  element.focus({ preventScroll: true });
}
