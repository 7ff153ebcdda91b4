import { useEffect, useMemo } from "preact/hooks";
import { word } from "../alerts/words";
import type { OwnSession } from "../api/access";
import { send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { when } from "../parts/moment";
import { Outcome } from "../parts/Outcome";
import { Trouble } from "../parts/Trouble";
import { Listed } from "../store/lists";
import { browserOf } from "./agent";

/** Where one is signed in, and ending that. */
export function Sessions() {
  const list = useMemo(() => new Listed<OwnSession>(), []);
  const deed = useDeed();
  const read = (): Promise<void> => list.read("me/sessions");
  useEffect(() => {
    read();
  }, []);
  const end = (path: string): Promise<boolean> => deed.run(() => send("DELETE", path).then(read));
  const items = list.items.value ?? [];
  return (
    <>
      <Trouble list={list} />
      {items.length > 0 && (
        <div class="table-box">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("sessions.where")}</th>
                <th scope="col">{t("sessions.began")}</th>
                <th scope="col">{t("sessions.seen")}</th>
                <th scope="col">{t("sessions.ends")}</th>
                <th scope="col">
                  <span class="unseen">{t("sessions.end")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.id} data-session={one.id} data-current={one.current}>
                  <td>
                    <strong>{browserOf(one.agent) || t("sessions.unknown")}</strong>{" "}
                    <span class="dim">
                      {one.address} · {word(`way.${one.way}`, one.way)}
                    </span>{" "}
                    {one.current && <span class="badge badge-ok">{t("sessions.current")}</span>}
                    {one.locked && <span class="badge">{t("sessions.locked")}</span>}
                  </td>
                  <td class="number" data-name={t("sessions.began")}>
                    {when(one.created_at)}
                  </td>
                  <td class="number" data-name={t("sessions.seen")}>
                    {when(one.seen_at)}
                  </td>
                  <td class="number" data-name={t("sessions.ends")}>
                    {when(one.expires_at)}
                  </td>
                  <td class="right">
                    {!one.current && (
                      <button type="button" class="text-button" onClick={() => end(`me/sessions/${one.id}`)}>
                        {t("sessions.end")}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          data-act="end-others"
          disabled={items.length < 2}
          onClick={() => end("me/sessions")}
        >
          {t("sessions.end_others")}
        </button>
      </div>
      <Outcome deed={deed} />
    </>
  );
}
