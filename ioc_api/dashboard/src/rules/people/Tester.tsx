import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../../api/http";
import type { WouldTell } from "../../api/rules";
import { half, nameOf, t } from "../../i18n";
import { DateTime } from "../../parts/DateTime";
import { refusal } from "../../parts/deed";
import { when } from "../../parts/moment";
import { language } from "../../store/prefs";
import { areas } from "../../store/registry";
import { addressOf } from "../../store/route";
import { type Sort, Where } from "./Where";

/** Who would be told of an alert like this, at that time: department by department, channel by channel. */
export function Tester({ onRoutes }: { onRoutes: (numbers: number[]) => void }) {
  const sort = useSignal<Sort>({ kind: "", severity: "critical", domain: "", area: "", zone: "" });
  const at = useSignal<number | null>(null);
  const found = useSignal<WouldTell[] | null>(null);
  const trouble = useSignal<string | null>(null);
  const area = sort.value.area || areas.value[0]?.code || "";
  const asked = new URLSearchParams(
    Object.entries({
      ...sort.value,
      area,
      at: at.value === null ? "" : new Date(at.value).toISOString(),
    }).filter(([, value]) => value !== ""),
  ).toString();
  const ready = sort.value.kind !== "" && area !== "";
  useEffect(() => {
    if (!ready) return;
    let wanted = true;
    get<{ items: WouldTell[] }>(`routes/trial?${asked}`)
      .then(({ items }) => {
        if (!wanted) return;
        found.value = items;
        trouble.value = null;
        onRoutes(items.flatMap((one) => (one.route === null ? [] : [one.route])));
      })
      .catch((cause) => {
        if (wanted) trouble.value = refusal(cause);
      });
    return () => {
      wanted = false;
    };
  }, [asked, ready]);
  return (
    <div class="tester" data-tester={found.value?.length ?? -1}>
      <div class="filters">
        <Where
          exact
          sort={{ ...sort.value, area }}
          onSort={(next) => {
            sort.value = next;
          }}
        />
        <DateTime
          name="tester-at"
          label={t("tester.at")}
          hint={t("tester.now")}
          value={at.value}
          onValue={(ms) => {
            at.value = ms;
          }}
        />
      </div>
      {trouble.value !== null && (
        <p class="list-trouble" role="alert">
          {half(trouble.value)}
        </p>
      )}
      {!ready && <p class="dim">{t("tester.choose")}</p>}
      {ready && found.value !== null && (
        <div aria-live="polite">
          {found.value.length === 0 && <p class="list-trouble">{t("tester.nobody")}</p>}
          <ul class="plain-list tester-list">
            {found.value.map((one) => (
              <Told key={one.department} one={one} />
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function Told({ one }: { one: WouldTell }) {
  return (
    <li data-told-department={one.department} data-told={String(one.told)}>
      <p>
        <a href={addressOf("rules", "departments", { department: one.department })}>{nameOf(one)}</a>{" "}
        <span class="badge" data-role={one.role}>
          {t(`role.${one.role}`)}
        </span>{" "}
        {one.told !== null && (
          <span class={one.told ? "tester-yes" : "tester-no"}>
            {t(one.told ? "tester.told" : "tester.not_told")}
          </span>
        )}
        <span class="dim">
          {" "}
          {t(one.route === null ? "tester.by_rule" : "tester.by_route", { id: one.route ?? 0 })}
        </span>
        {!one.at_work && one.works_at !== null && (
          <span class="dim"> · {t("tester.works_at", { time: when(one.works_at) })}</span>
        )}
        {one.silence !== null && (
          <>
            {" · "}
            <a href={addressOf("rules", "silences", { silence: String(one.silence) })}>
              {t("tester.silence", { id: one.silence })}
            </a>
          </>
        )}
      </p>
      {one.channels !== null && (
        <ul class="plain-list tester-channels">
          {one.channels.length === 0 && <li class="warn">{t("tester.no_channel")}</li>}
          {one.channels.map((channel) => (
            <li key={channel.id} data-why={channel.why ?? "told"}>
              <span class={channel.why === null ? "tester-yes" : "tester-no"}>
                {channel.why === null ? "✓" : "–"}
              </span>{" "}
              {channel.name} <span class="dim">({t(`channel.${channel.kind}` as "channel.email")})</span>
              {channel.why !== null && <span class="dim">: {channel[language.value]}</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
