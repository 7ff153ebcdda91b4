import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { word } from "../../alerts/words";
import type { Finding } from "../../api/rules";
import { nameOf, t } from "../../i18n";
import { language } from "../../store/prefs";
import { showDuration, showNumber } from "../amounts";
import { listOf, textOf } from "./draft";
import type { Editing } from "./editing";
import type { FieldSpec } from "./fields";

/** What a field is called. */
export function fieldName(path: string): string {
  return word(`rule.${path.replace(/^condition\./, "").replaceAll(".", "_")}`, path);
}

/** What the server says of a field, beside it. */
export function Said({ id, findings }: { id: string; findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul id={id} class="rule-said">
      {findings.map((f) => (
        <li key={f.code + f.where + f.other} data-level={f.level} data-finding={f.code}>
          <strong>{t(f.level === "error" ? "rule.error" : "rule.warning")}</strong> {f[language.value]}
        </li>
      ))}
    </ul>
  );
}

interface LineProps {
  ed: Editing;
  spec: FieldSpec;
  label?: string;
  hint?: string | undefined;
  unit?: string;
  multiline?: boolean;
  suggested?: readonly { code: string; text: string }[];
}

/** One field of the form with what is found about it. */
export function Line({ ed, spec, label, hint, unit, multiline = false, suggested }: LineProps) {
  const id = useId();
  const value = textOf(ed.draft.value, spec.path);
  const findings = ed.about(spec.path);
  const unread = ed.read.value.unread.get(spec.path);
  const wrong = unread !== undefined || findings.some((f) => f.level === "error");
  const described = [findings.length > 0 && `${id}-said`, unread && `${id}-unread`, hint && `${id}-hint`];
  const common = {
    id,
    name: spec.path,
    "aria-invalid": wrong ? ("true" as const) : undefined,
    "aria-describedby": described.filter(Boolean).join(" ") || undefined,
  };
  return (
    <div class="field" data-field={spec.path}>
      <label for={id}>
        {label ?? fieldName(spec.path)}
        {unit && <span class="field-other">{unit}</span>}
      </label>
      {multiline ? (
        <textarea
          {...common}
          rows={2}
          maxLength={2000}
          value={value}
          onInput={(event) => ed.set(spec.path, event.currentTarget.value)}
        />
      ) : (
        <input
          {...common}
          type="text"
          autocomplete="off"
          spellcheck={false}
          maxLength={spec.path === "vi" || spec.path === "en" ? 200 : 500}
          inputMode={spec.kind === "number" ? "decimal" : "text"}
          placeholder={usual(spec)}
          list={suggested ? `${id}-list` : undefined}
          value={value}
          onInput={(event) => ed.set(spec.path, event.currentTarget.value)}
        />
      )}
      {suggested && (
        <datalist id={`${id}-list`}>
          {suggested.map((one) => (
            <option key={one.code} value={one.code} label={one.text} />
          ))}
        </datalist>
      )}
      {hint && (
        <span id={`${id}-hint`} class="field-hint">
          {hint}
        </span>
      )}
      {unread && (
        <span id={`${id}-unread`} class="rule-unread" role="alert">
          {t(`rule.unread_${unread}`)}
        </span>
      )}
      <Said id={`${id}-said`} findings={findings} />
    </div>
  );
}

function usual(spec: FieldSpec): string | undefined {
  if (spec.usual === undefined) return undefined;
  if (spec.kind === "duration") return showDuration(Number(spec.usual));
  return typeof spec.usual === "number" ? showNumber(spec.usual) : spec.usual;
}

/** One out of several. */
export function Pick({
  ed,
  spec,
  label,
  options,
  none,
  onValue = (value) => ed.set(spec.path, value),
}: {
  ed: Editing;
  spec: FieldSpec;
  label?: string;
  options: readonly { code: string; text: string }[];
  /** what is said where nothing is chosen; left out: something must be */
  none?: string;
  onValue?: (value: string) => void;
}) {
  const id = useId();
  const value = textOf(ed.draft.value, spec.path);
  const findings = ed.about(spec.path);
  return (
    <div class="field" data-field={spec.path}>
      <label for={id}>{label ?? fieldName(spec.path)}</label>
      <select
        id={id}
        name={spec.path}
        value={value}
        aria-invalid={findings.some((f) => f.level === "error") ? "true" : undefined}
        aria-describedby={findings.length > 0 ? `${id}-said` : undefined}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {value !== "" && !options.some((o) => o.code === value) && <option value={value}>{value}</option>}
        {options.map((one) => (
          <option key={one.code} value={one.code}>
            {one.text}
          </option>
        ))}
      </select>
      <Said id={`${id}-said`} findings={findings} />
    </div>
  );
}

/** Some out of a few that are known by name; none of them: all. */
export function Some({
  ed,
  path,
  known,
}: {
  ed: Editing;
  path: string;
  known: readonly { code: string; vi: string; en: string }[];
}) {
  const chosen = listOf(ed.draft.value, path);
  return (
    <Group ed={ed} path={path}>
      <label class="choice">
        <input type="checkbox" checked={chosen.length === 0} onChange={() => ed.set(path, [])} />
        {t("grant.all")}
      </label>
      {known.map((one) => (
        <label key={one.code} class="choice" data-choice={one.code}>
          <input
            type="checkbox"
            checked={chosen.includes(one.code)}
            onChange={(event) =>
              ed.set(
                path,
                event.currentTarget.checked ? [...chosen, one.code] : chosen.filter((x) => x !== one.code),
              )
            }
          />
          {nameOf(one)}
        </label>
      ))}
    </Group>
  );
}

function Group({ ed, path, children }: { ed: Editing; path: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <div data-field={path}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset within a fieldset would be read twice */}
      <div class="choices" role="group" aria-labelledby={id}>
        <span id={id} class="choices-title">
          {fieldName(path)}
        </span>
        <div class="choices-list">{children}</div>
      </div>
      <Said id={`${id}-said`} findings={ed.about(path)} />
    </div>
  );
}

/** Codes with commas between them. */
export function Codes({ ed, spec, hint }: { ed: Editing; spec: FieldSpec; hint?: string }) {
  const id = useId();
  const findings = ed.about(spec.path);
  return (
    <div class="field" data-field={spec.path}>
      <label for={id}>{fieldName(spec.path)}</label>
      <input
        id={id}
        name={spec.path}
        type="text"
        autocomplete="off"
        spellcheck={false}
        maxLength={2000}
        placeholder={usual(spec)}
        value={listOf(ed.draft.value, spec.path).join(", ")}
        aria-invalid={findings.some((f) => f.level === "error") ? "true" : undefined}
        aria-describedby={
          [findings.length > 0 && `${id}-said`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined
        }
        onChange={(event) => ed.set(spec.path, codesIn(event.currentTarget.value))}
      />
      {hint && (
        <span id={`${id}-hint`} class="field-hint">
          {hint}
        </span>
      )}
      <Said id={`${id}-said`} findings={findings} />
    </div>
  );
}

export function codesIn(text: string): string[] {
  return [...new Set(text.split(/[,;\s]+/).filter((code) => code !== ""))];
}
