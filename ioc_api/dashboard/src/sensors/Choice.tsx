import { useId } from "preact/hooks";
import { t } from "../i18n";

/** One of several, or none of them. */
export function Choice({
  name,
  label,
  value,
  options,
  none = t("sensors.all"),
  required = false,
  onValue,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  none?: string;
  required?: boolean;
  onValue: (value: string) => void;
}) {
  const id = useId();
  const known = value === "" || options.some(([code]) => code === value);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        required={required}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {!(required && value !== "") && <option value="">{none}</option>}
        {options.map(([code, text]) => (
          <option key={code} value={code}>
            {text}
          </option>
        ))}
        {!known && <option value={value}>{value}</option>}
      </select>
    </div>
  );
}
