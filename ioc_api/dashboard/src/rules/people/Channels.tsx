import { useSignal } from "@preact/signals";
import { getAll } from "../../api/http";
import type { Channel } from "../../api/rules";
import { t } from "../../i18n";
import { departmentName } from "../../store/departments";
import { may } from "../../store/me";
import { addressOf, note, place } from "../../store/route";
import { Beside } from "../Beside";
import { useReading } from "../reading";
import { Waiting } from "../Waiting";
import { ChannelForm, type Doubt } from "./ChannelForm";

/** How departments are reached; addresses are shown in part, secrets never. */
export function Channels() {
  const list = useReading(() => getAll<Channel>("channels"), 60_000);
  const doubtful = useSignal<{ id: number | null; doubts: Doubt[] }>({ id: null, doubts: [] });
  const { query } = place.value;
  const chosen = Number(query.get("channel") ?? 0);
  const making = query.has("new");
  const items = list.found.value ?? [];
  const one = items.find((channel) => channel.id === chosen) ?? null;
  return (
    <div class="beside rules-beside" data-open={one !== null || making}>
      <section class="card beside-list">
        {may("channels.write") && (
          <div class="do-buttons">
            <a
              class="act act-link"
              data-due="true"
              data-act="new-channel"
              href={addressOf("rules", "channels", { new: "1" })}
            >
              {t("channel.new")}
            </a>
          </div>
        )}
        <Waiting of={list} />
        {list.found.value !== null && items.length === 0 && <p class="dim">{t("channel.none")}</p>}
        {items.length > 0 && (
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("channel.name")}</th>
                <th scope="col">{t("route.department")}</th>
                <th scope="col">{t("channel.takes")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((channel) => (
                <tr
                  key={channel.id}
                  data-channel={channel.id}
                  data-disabled={!channel.enabled}
                  aria-current={channel.id === chosen ? "true" : undefined}
                >
                  <th scope="row">
                    <a href={addressOf("rules", "channels", { channel: String(channel.id) })}>
                      {channel.name}
                    </a>
                    <span class="dim person-name">
                      {t(`channel.${channel.kind}`)} · {channel.address}
                    </span>
                    {!channel.enabled && <span class="badge badge-off">{t("channel.off")}</span>}
                  </th>
                  <td data-name={t("route.department")}>{departmentName(channel.department)}</td>
                  <td data-name={t("channel.takes")}>
                    {t("route.from_severity", { severity: t(`severity.${channel.severity}`) })}
                    <span class="dim person-name">
                      {channel.roles.map((role) => t(`role.${role}`)).join(", ")}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {(one !== null || making) && (
        <Beside of={String(chosen)}>
          <ChannelForm
            key={one?.id ?? "new"}
            kept={one}
            doubts={one !== null && one.id === doubtful.value.id ? doubtful.value.doubts : []}
            onKept={(id, doubts) => {
              doubtful.value = { id, doubts };
              list.read();
              note("rules", "channels", id === null ? {} : { channel: String(id) });
            }}
          />
        </Beside>
      )}
    </div>
  );
}
