import { useSignal } from "@preact/signals";
import { send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Once } from "../parts/Once";
import { Outcome } from "../parts/Outcome";
import { me } from "../store/me";
import type { Changing } from "./changing";

/** A new link, the end of all sessions, and the end of the account. */
export function WayBackIn({ person, onChanged }: Changing) {
  const factor = useSignal(false);
  const link = useSignal<string | null>(null);
  const sure = useSignal(false);
  const deed = useDeed();
  const path = `people/${person.name}`;
  const self = me.value?.name === person.name;
  return (
    <div class="form">
      <h3>{t("person.ways")}</h3>
      {link.value !== null && (
        <Once
          title={person.full_name}
          secret={link.value}
          note={t("people.link_note")}
          onDone={() => {
            link.value = null;
          }}
        />
      )}
      {!self && !person.disabled && (
        <div class="do-buttons">
          <button
            type="button"
            class="act"
            data-act="reset"
            aria-disabled={deed.busy.value}
            onClick={() =>
              deed.run(async () => {
                const answer = await send<{ link: string }>("POST", `${path}/reset`, {
                  factor: factor.value,
                });
                link.value = answer?.link ?? null;
                await onChanged();
              }, "")
            }
          >
            {t("person.reset")}
          </button>
          {person.factor && (
            <label class="choice">
              <input
                type="checkbox"
                name="reset-factor"
                checked={factor.value}
                onChange={(event) => {
                  factor.value = event.currentTarget.checked;
                }}
              />
              {t("person.reset_factor")}
            </label>
          )}
        </div>
      )}
      {!self && <p class="dim">{t("person.reset_note")}</p>}
      <div class="do-buttons">
        {!self && !person.disabled && (
          <button
            type="button"
            class="act"
            data-act="end-sessions"
            aria-disabled={deed.busy.value}
            onClick={() => deed.run(() => send("DELETE", `${path}/sessions`).then(onChanged))}
          >
            {t("person.end_sessions")}
          </button>
        )}
        {person.disabled ? (
          <button
            type="button"
            class="act"
            data-act="enable"
            aria-disabled={deed.busy.value}
            onClick={() => deed.run(() => send("POST", `${path}/enable`, {}).then(onChanged))}
          >
            {t("person.enable")}
          </button>
        ) : (
          !self && (
            <button
              type="button"
              class="act act-off"
              data-act="disable"
              aria-disabled={deed.busy.value}
              onClick={() => {
                if (!sure.value) {
                  sure.value = true;
                  deed.lacks(t("person.disable_sure"));
                  return;
                }
                sure.value = false;
                deed.run(() => send("POST", `${path}/disable`, {}).then(onChanged));
              }}
            >
              {t(sure.value ? "person.disable_now" : "person.disable")}
            </button>
          )
        )}
      </div>
      <Outcome deed={deed} />
    </div>
  );
}
