import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { word } from "../../alerts/words";
import { get, send } from "../../api/http";
import type { Message, WholeMessage } from "../../api/rules";
import { half, nameOf, t } from "../../i18n";
import { SeverityMark } from "../../marks/SeverityMark";
import { refusal, useDeed } from "../../parts/deed";
import { exactly, when } from "../../parts/moment";
import { Outcome } from "../../parts/Outcome";
import { Trouble } from "../../parts/Trouble";
import { allDepartments, departmentName } from "../../store/departments";
import { Listed } from "../../store/lists";
import { may } from "../../store/me";
import { addressOf, note, place } from "../../store/route";
import { Beside } from "../Beside";
import { Choose } from "../Choose";
import { Tries } from "./Tries";

const STATES = ["waiting", "sending", "sent", "given_up", "withdrawn"] as const;

/** Messages to departments with every try; what was given up can be tried again. */
export function Messages() {
  const list = useMemo(() => new Listed<Message>(), []);
  const { query } = place.value;
  const [state, department, chosen] = ["state", "department", "message"].map((name) => query.get(name) ?? "");
  const asked = new URLSearchParams({ limit: "100" });
  if (state) asked.set("state", state);
  if (department) asked.set("department", department);
  const path = `notifications?${asked}`;
  useEffect(() => {
    list.read(path);
  }, [path]);
  const look = (change: Record<string, string>): void => {
    const next = { ...Object.fromEntries(query), ...change };
    note("rules", "messages", Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "")));
  };
  const items = list.items.value ?? [];
  return (
    <div class="beside rules-beside" data-open={chosen !== ""}>
      <section class="card beside-list" aria-busy={list.busy.value}>
        <div class="form-row">
          <Choose
            name="message-state"
            label={t("message.state")}
            value={state ?? ""}
            none={t("grant.all")}
            options={STATES.map((code) => ({ code, text: t(`sent.${code}`) }))}
            onValue={(value) => look({ state: value })}
          />
          <Choose
            name="message-department"
            label={t("route.department")}
            value={department ?? ""}
            none={t("grant.all")}
            options={allDepartments.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
            onValue={(value) => look({ department: value })}
          />
          <button type="button" class="act message-again" onClick={() => list.read(path)}>
            {t("message.read_again")}
          </button>
        </div>
        <Trouble list={list} />
        {list.items.value !== null && items.length === 0 && <p class="dim">{t("message.none")}</p>}
        <ul class="plain-list rules-list">
          {items.map((one) => (
            <li
              key={one.id}
              data-message={one.id}
              aria-current={String(one.id) === chosen ? "true" : undefined}
            >
              <SeverityMark of={one.severity} />
              <div>
                <a
                  href={addressOf("rules", "messages", {
                    ...Object.fromEntries(query),
                    message: String(one.id),
                  })}
                >
                  {word(`messagekind.${one.kind}`, one.kind)} – {departmentName(one.department)}
                </a>
                <span class="dim rules-kind">
                  {one.channel_name} · {exactly(one.created_at)}
                  {one.attempts > 1 && ` · ${t("message.tries", { n: one.attempts })}`}
                </span>
              </div>
              <span class="sent" data-sent={one.state}>
                {t(`sent.${one.state}`)}
              </span>
            </li>
          ))}
        </ul>
        {list.next.value !== null && (
          <button type="button" class="alerts-more" onClick={() => list.more(path)}>
            {t("list.more")}
          </button>
        )}
      </section>
      {chosen !== "" && chosen !== undefined && (
        <Beside of={chosen}>
          <One
            key={chosen}
            id={chosen}
            onBack={() => look({ message: "" })}
            onChanged={() => list.read(path)}
          />
        </Beside>
      )}
    </div>
  );
}

function One({ id, onBack, onChanged }: { id: string; onBack: () => void; onChanged: () => void }) {
  const message = useSignal<WholeMessage | null>(null);
  const trouble = useSignal<string | null>(null);
  const deed = useDeed();
  const read = async (): Promise<void> => {
    try {
      message.value = await get<WholeMessage>(`notifications/${Number(id)}`);
      trouble.value = null;
    } catch (cause) {
      trouble.value = refusal(cause);
    }
  };
  const open =
    message.value === null || message.value.state === "waiting" || message.value.state === "sending";
  useEffect(() => {
    read();
    if (!open) return;
    const timer = setInterval(read, 3000);
    return () => clearInterval(timer);
  }, [open]);
  const one = message.value;
  if (trouble.value !== null && one === null)
    return (
      <p class="list-trouble" role="alert">
        {half(trouble.value)}
      </p>
    );
  if (one === null) return <p class="dim list-wait">{t("list.waiting")}</p>;
  return (
    <div class="form" data-one-message={one.id} data-state={one.state}>
      <div class="person-head">
        <h2>{one.subject}</h2>
        <button type="button" class="close" aria-label={t("rules.close")} onClick={onBack}>
          ×
        </button>
      </div>
      <p>
        <span class="sent" data-sent={one.state}>
          {t(`sent.${one.state}`)}
        </span>{" "}
        <span class="dim">
          {departmentName(one.department)} · {one.channel_name}
          {one.state === "waiting" && ` · ${t("message.due", { time: when(one.due_at) })}`}
        </span>
      </p>
      {one.state === "given_up" && may("alerts.act") && (
        <div class="do-buttons">
          <button
            type="button"
            class="act"
            data-due="true"
            data-act="retry"
            onClick={() =>
              deed.run(async () => {
                message.value = await send<WholeMessage>("POST", `notifications/${one.id}/retry`);
                onChanged();
              }, t("message.retried"))
            }
          >
            {t("message.retry")}
          </button>
        </div>
      )}
      <Outcome deed={deed} />
      <h3>{t("message.all_tries")}</h3>
      <Tries message={one} />
      <h3>{t("message.text")}</h3>
      <pre class="message-text">{one.text}</pre>
    </div>
  );
}
