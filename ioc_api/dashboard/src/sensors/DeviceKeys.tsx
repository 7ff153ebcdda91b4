import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, post, send } from "../api/http";
import type { Credentials, Issued } from "../api/sensors";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { when } from "../parts/moment";
import { Once } from "../parts/Once";
import { Outcome } from "../parts/Outcome";

/** What the device shows the broker: a password is given here and shown once, renewed without a gap, or ended. */
export function DeviceKeys({ id }: { id: string }) {
  const held = useSignal<Credentials | null>(null);
  const made = useSignal<Issued | null>(null);
  const sure = useSignal(false);
  const deed = useDeed();
  const path = `sensors/${encodeURIComponent(id)}/credentials`;
  const away = useSignal(false);
  const read = async (): Promise<void> => {
    try {
      held.value = await get<Credentials>(path);
      away.value = false;
    } catch (cause) {
      console.info(cause);
      away.value = true;
    }
  };
  useEffect(() => {
    read();
  }, [id]);
  const items = held.value?.items ?? [];
  const holds = items.filter((one) => one.state === "holds");
  const password = holds.some((one) => one.way === "password");
  const issue = (rotate: boolean) => () =>
    deed.run(async () => {
      made.value = await post<Issued>(path, { rotate });
      await read();
    });
  return (
    <>
      <h3>{t("sensors.keys")}</h3>
      {away.value && (
        <p class="list-trouble" role="alert">
          {t("list.unreachable")}{" "}
          <button type="button" class="act" onClick={read}>
            {t("page.try_again")}
          </button>
        </p>
      )}
      {held.value === null ? (
        !away.value && <p class="dim">{t("list.waiting")}</p>
      ) : (
        <p class="dim">
          {t("sensors.topic")} <code>{held.value.topic}</code>
        </p>
      )}
      {held.value !== null && items.length === 0 && <p class="dim">{t("sensors.no_keys")}</p>}
      {items.length > 0 && (
        <ul class="plain-list">
          {items.slice(0, 6).map((one) => (
            <li key={`${one.user_name}/${one.created_at}`} data-key={one.state}>
              <span class="badge">{t(`keystate.${one.state}`)}</span>{" "}
              {one.way === "password" ? t("sensors.password") : t("sensors.certificate")} · {one.user_name}
              <span class="dim">
                {" "}
                · {t("sensors.key_made", { time: when(one.created_at), by: one.created_by })}
                {one.used_at !== null && ` · ${t("sensors.key_used", { time: when(one.used_at) })}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {made.value !== null && (
        <Once
          title={t("sensors.key_new", { name: made.value.user_name })}
          secret={made.value.password}
          note={t("sensors.key_note")}
          onDone={() => {
            made.value = null;
          }}
        />
      )}
      <div class="do-buttons">
        {held.value !== null && !password && (
          <button type="button" class="act" data-act="key-add" onClick={issue(false)}>
            {t("sensors.key_add")}
          </button>
        )}
        {password && (
          <button type="button" class="act" data-act="key-rotate" onClick={issue(true)}>
            {t("sensors.key_rotate")}
          </button>
        )}
        {holds.length > 0 &&
          (sure.value ? (
            <>
              <button
                type="button"
                class="act act-off"
                data-act="key-revoke-sure"
                onClick={() => {
                  sure.value = false;
                  deed.run(() => send("DELETE", path).then(read));
                }}
              >
                {t("sensors.key_revoke_sure")}
              </button>
              <button
                type="button"
                class="act"
                onClick={() => {
                  sure.value = false;
                }}
              >
                {t("sensors.key_keep")}
              </button>
            </>
          ) : (
            <button
              type="button"
              class="act act-off"
              data-act="key-revoke"
              onClick={() => {
                sure.value = true;
              }}
            >
              {t("sensors.key_revoke")}
            </button>
          ))}
      </div>
      <Outcome deed={deed} />
    </>
  );
}
