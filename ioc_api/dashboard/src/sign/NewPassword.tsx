import { t } from "../i18n";
import { Field } from "../parts/Field";
import { LEAST, strengthOf } from "./strength";

interface Props {
  first: string;
  again: string;
  onFirst: (value: string) => void;
  onAgain: (value: string) => void;
  /** Names of whose it is to be. */
  about: readonly string[];
  autofocus?: boolean;
}

/** A password to be chosen, twice, with a hint while it is typed. */
export function NewPassword({ first, again, onFirst, onAgain, about, autofocus = false }: Props) {
  const strength = strengthOf(first, about);
  const count = [...first].length;
  return (
    <>
      <Field
        name="new-password"
        type="password"
        autocomplete="new-password"
        maxLength={256}
        label={t("password.new")}
        hint={t("password.hint", { least: LEAST })}
        value={first}
        onValue={onFirst}
        autofocus={autofocus}
      />
      <p class="strength" role="status" data-strength={count === 0 ? "none" : strength}>
        <progress max={LEAST} value={Math.min(count, LEAST)} aria-hidden="true" />
        <span>{count === 0 ? "" : t(`strength.${strength}`, { left: LEAST - count })}</span>
      </p>
      <Field
        name="new-password-again"
        type="password"
        autocomplete="new-password"
        maxLength={256}
        label={t("password.again")}
        value={again}
        onValue={onAgain}
        invalid={again !== "" && again !== first}
      />
    </>
  );
}

/** What is missing before a password can be asked for; null: nothing. */
export function lacking(first: string, again: string): string | null {
  if ([...first].length < LEAST) return t("strength.short", { left: LEAST - [...first].length });
  return first === again ? null : t("password.differs");
}
