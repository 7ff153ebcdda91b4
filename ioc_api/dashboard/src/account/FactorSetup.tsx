import { useSignal } from "@preact/signals";
import { prove } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { copy } from "../parts/Once";
import { Outcome } from "../parts/Outcome";
import { me } from "../store/me";
import { Password } from "./Password";

interface Offered {
  secret: string;
  uri: string;
  svg: string;
}

/** Set up the second factor: the password, the picture for the telephone, a code of it, and codes for when it is lost. */
export function FactorSetup({ onDone }: { onDone: () => void }) {
  const password = useSignal("");
  const offered = useSignal<Offered | null>(null);
  const factor = useSignal("");
  const codes = useSignal<string[] | null>(null);
  const deed = useDeed();
  const who = me.value;
  if (who === null) return null;
  if (codes.value !== null) return <Recovery codes={codes.value} onDone={onDone} />;
  // Whoever came by a link has none yet, and could not open a locked screen with it either.
  if (who.password_at === null)
    return (
      <div class="form" data-step="choose">
        <p>{t("factor.password_first")}</p>
        <Password me={who} />
      </div>
    );
  if (offered.value === null)
    return (
      <form
        class="form"
        data-step="password"
        onSubmit={(event) => {
          event.preventDefault();
          deed.run(async () => {
            offered.value = await prove<Offered>("me/factor", { password: password.value });
          }, "");
        }}
      >
        <p class="dim">{t("factor.what")}</p>
        <input type="text" name="name" autocomplete="username" value={who.name} readOnly hidden />
        <Field
          name="password"
          type="password"
          label={t("sign.password")}
          autocomplete="current-password"
          maxLength={256}
          value={password.value}
          onValue={(value) => {
            password.value = value;
          }}
          autofocus
        />
        <div class="do-buttons">
          <button
            type="submit"
            class="act"
            data-due="true"
            data-act="factor-offer"
            aria-disabled={deed.busy.value}
          >
            {t("factor.next")}
          </button>
        </div>
        <Outcome deed={deed} />
      </form>
    );
  const { secret, svg } = offered.value;
  return (
    <form
      class="form"
      data-step="confirm"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(async () => {
          const answer = await prove<{ recovery_codes: string[] }>("me/factor/confirm", {
            factor: factor.value.trim(),
          });
          codes.value = answer?.recovery_codes ?? [];
        }, "");
      }}
    >
      <p>{t("factor.scan")}</p>
      <img
        class="factor-picture"
        alt={t("factor.picture")}
        src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
      />
      <p class="dim">{t("factor.by_hand")}</p>
      <code class="once-secret" data-secret>
        {secret.replace(/(.{4})(?=.)/g, "$1 ")}
      </code>
      <Field
        name="factor"
        label={t("factor.first_code")}
        autocomplete="one-time-code"
        maxLength={10}
        value={factor.value}
        onValue={(value) => {
          factor.value = value;
        }}
        autofocus
        code
      />
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-due="true"
          data-act="factor-confirm"
          aria-disabled={deed.busy.value}
        >
          {t("factor.confirm")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}

/** Each opens the door once, when the telephone is not there. */
function Recovery({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const kept = useSignal(false);
  const copied = useSignal<boolean | null>(null);
  const text = codes.join("\n");
  return (
    <div class="form" data-step="recovery">
      <p>
        <strong>{t("factor.is_on")}</strong> {t("factor.recovery")}
      </p>
      <ul class="recovery" data-recovery>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          onClick={async () => {
            copied.value = await copy(text);
          }}
        >
          {t("once.copy")}
        </button>
        <span class="do-said" role="status">
          {copied.value === null ? "" : t(copied.value ? "once.copied" : "once.not_copied")}
        </span>
      </div>
      <label class="choice">
        <input
          type="checkbox"
          name="kept"
          checked={kept.value}
          onChange={(event) => {
            kept.value = event.currentTarget.checked;
          }}
        />
        {t("factor.kept")}
      </label>
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          data-due="true"
          data-act="factor-done"
          disabled={!kept.value}
          onClick={onDone}
        >
          {t("deed.on")}
        </button>
      </div>
    </div>
  );
}
