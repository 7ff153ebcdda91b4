import { useSignal } from "@preact/signals";
import { send } from "../../api/http";
import type { Channel } from "../../api/rules";
import { nameOf, t } from "../../i18n";
import { useDeed } from "../../parts/deed";
import { when } from "../../parts/moment";
import { Outcome } from "../../parts/Outcome";
import { allDepartments, departmentName } from "../../store/departments";
import { may } from "../../store/me";
import { language } from "../../store/prefs";
import { go } from "../../store/route";
import { Choose } from "../Choose";
import { Conflict } from "../Conflict";
import { ChannelFields } from "./ChannelFields";
import { ChannelTest } from "./ChannelTest";
import { type ChannelDraft, channelBody, channelDraft, NEW_CHANNEL } from "./channel";
import { onTop, orFaster } from "./saving";

export interface Doubt {
  vi: string;
  en: string;
}
type Kept = Channel & { warnings?: Doubt[] };
const KINDS = ["email", "webhook", "cap", "apprise"] as const;

interface Props {
  kept: Channel | null;
  /** what was doubtful about it when it was kept just now */
  doubts: Doubt[];
  onKept: (id: number | null, doubts: Doubt[]) => void;
}

/** A channel as it is, or as it is to be, with a test message. */
export function ChannelForm({ kept, doubts, onKept }: Props) {
  const seen = useSignal<Kept | null>(kept);
  const draft = useSignal<ChannelDraft>(kept === null ? NEW_CHANNEL : channelDraft(kept));
  const faster = useSignal<Channel | null>(null);
  const deed = useDeed();
  const writes = may("channels.write");
  const { kind } = draft.value;
  const set = (change: Partial<ChannelDraft>): void => {
    draft.value = { ...draft.value, ...change };
  };
  const fill = (channel: Kept): void => {
    seen.value = channel;
    draft.value = channelDraft(channel);
  };
  const save = (): void => {
    deed.run(() =>
      orFaster(faster, async () => {
        const body = channelBody(draft.value);
        const done =
          seen.value === null
            ? await send<Kept>("POST", "channels", body)
            : await send<Kept>("PUT", `channels/${seen.value.id}`, {
                ...body,
                revision: seen.value.revision,
              });
        if (done === null) return;
        fill(done);
        onKept(done.id, done.warnings ?? []);
      }),
    );
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div class="person-head">
        <h2>{seen.value === null ? t("channel.new") : seen.value.name}</h2>
        <button
          type="button"
          class="close"
          aria-label={t("rules.close")}
          onClick={() => go("rules", "channels")}
        >
          ×
        </button>
      </div>
      {seen.value !== null && (
        <p class="dim">
          {departmentName(seen.value.department)} · {t(`channel.${seen.value.kind}`)} · {seen.value.address} ·{" "}
          {t("rules.changed", { by: seen.value.changed_by, time: when(seen.value.changed_at) })}
        </p>
      )}
      {seen.value !== null && writes && <ChannelTest channel={seen.value} />}
      <fieldset class="plain-fieldset" disabled={!writes}>
        {seen.value === null && (
          <div class="form-row">
            <Choose
              name="department"
              label={t("route.department")}
              value={draft.value.department}
              none={t("grant.choose")}
              options={allDepartments.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
              onValue={(department) => set({ department })}
            />
            <Choose
              name="kind"
              label={t("channel.kind")}
              value={kind}
              options={KINDS.map((code) => ({ code, text: t(`channel.${code}`) }))}
              onValue={(code) => set({ kind: code as Channel["kind"] })}
            />
          </div>
        )}
        <ChannelFields draft={draft.value} seen={seen.value} writes={writes} onChange={set} />
      </fieldset>
      {doubts.length > 0 && (
        <ul class="rule-said" data-doubts={doubts.length}>
          {doubts.map((doubt) => (
            <li key={doubt.en} data-level="warning">
              <strong>{t("rule.warning")}</strong> {doubt[language.value]}
            </li>
          ))}
        </ul>
      )}
      {faster.value !== null && seen.value !== null && (
        <Conflict
          seen={seen.value}
          now={faster.value}
          by={faster.value.changed_by}
          at={faster.value.changed_at}
          onMine={() => {
            const [before, theirs] = [seen.value, faster.value];
            if (before === null || theirs === null) return;
            draft.value = onTop(channelDraft(before), draft.value, channelDraft(theirs));
            seen.value = theirs;
            faster.value = null;
          }}
          onTheirs={() => {
            if (faster.value !== null) fill(faster.value);
            faster.value = null;
          }}
        />
      )}
      {writes && (
        <div class="do-buttons">
          <button
            type="submit"
            class="act"
            data-due="true"
            data-act="save-channel"
            aria-disabled={deed.busy.value}
          >
            {t("deed.save")}
          </button>
          {seen.value !== null && (
            <button
              type="button"
              class="act act-off"
              data-act="delete-channel"
              onClick={() =>
                deed.run(async () => {
                  const one = seen.value;
                  if (one === null) return;
                  await orFaster(faster, () => send("DELETE", `channels/${one.id}?revision=${one.revision}`));
                  onKept(null, []);
                })
              }
            >
              {t("channel.delete")}
            </button>
          )}
        </div>
      )}
      <Outcome deed={deed} />
    </form>
  );
}
