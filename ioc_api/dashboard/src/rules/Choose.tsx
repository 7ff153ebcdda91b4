import { useId } from "preact/hooks";

interface Option {
  code: string;
  text: string;
}

/** One out of several, in a form whose values stand in signals. */
export function Choose({
  name,
  label,
  value,
  options,
  none,
  onValue,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly Option[];
  none?: string;
  onValue: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {options.map((one) => (
          <option key={one.code} value={one.code}>
            {one.text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Some out of a few. */
export function Marks({
  title,
  options,
  chosen,
  name,
  onChosen,
}: {
  title: string;
  options: readonly Option[];
  chosen: readonly string[];
  name: string;
  onChosen: (chosen: string[]) => void;
}) {
  return (
    <fieldset class="choices choices-plain">
      <legend>{title}</legend>
      {options.map((one) => (
        <label key={one.code} class="choice">
          <input
            type="checkbox"
            name={name}
            value={one.code}
            checked={chosen.includes(one.code)}
            onChange={(event) =>
              onChosen(
                event.currentTarget.checked
                  ? [...chosen, one.code]
                  : chosen.filter((code) => code !== one.code),
              )
            }
          />
          {one.text}
        </label>
      ))}
    </fieldset>
  );
}
