import "../styles/desk.css";
import "../styles/desk-report.css";
import "../styles/desk-narrow.css";
import "../styles/desk-row.css";
import "../styles/desk-row-narrow.css";
import "../styles/dialog.css";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { PageView } from "../parts/PageView";
import { Trouble } from "../parts/Trouble";
import { ringing } from "../shell/Bell";
import { supply } from "../store/alerts";
import { loadDepartments } from "../store/departments";
import { instead } from "../store/judged";
import { may } from "../store/me";
import { Bar } from "./Bar";
import { Detail } from "./Detail";
import { DoDialog } from "./DoDialog";
import { Filters } from "./Filters";
import { Help } from "./Help";
import { commandOf, isOwn, isTyping } from "./keys";
import { List, type Shown } from "./List";
import { indexOf, run } from "./moves";
import { ReportBar } from "./ReportBar";
import { SilenceDialog } from "./SilenceDialog";
import { asked, current, helping, keysOn, look, looked, past, rows, told, wanted, withPast } from "./state";
import { askedOfPast, isUsual } from "./wanted";

/** The alert desk: what there is, what is done about it, and by keys alone where somebody wants that. */
export function DeskView() {
  const hand = useRef<Shown>(null);
  const search = useRef<HTMLInputElement>(null);
  const byKey = useRef(false);
  const place = useRef(0);
  const hands = {
    show: (id: number, focus: boolean) => hand.current?.show(id, focus),
    search: () => search.current?.focus(),
    mute: () => {
      ringing.value = true;
    },
  };
  // Whoever sees the page may press a key at once.
  useLayoutEffect(() => {
    if (may("rules.read")) loadDepartments().catch((cause) => console.info(cause));
    const keys = (event: KeyboardEvent): void => {
      if (asked.peek() !== null || helping.peek()) return;
      const own = isOwn(event.target);
      const command = commandOf(event, isTyping(event.target), own, keysOn.peek());
      if (command === null) return;
      byKey.current = command === "open";
      if (run(command, hands)) event.preventDefault();
    };
    window.addEventListener("keydown", keys);
    current.value ??= looked.peek();
    return () => {
      window.removeEventListener("keydown", keys);
      asked.value = null;
      told.value = null;
      helping.value = false;
    };
  }, []);

  // Who is gone from the list is followed by who stands there now.
  const at = indexOf(current.value);
  useEffect(() => {
    if (at >= 0) place.current = at;
    else if (current.peek() !== null && looked.peek() === null)
      current.value = rows.peek()[Math.min(place.current, rows.peek().length - 1)]?.alert.id ?? null;
  });

  const question = withPast.value ? askedOfPast(wanted.value) : null;
  useEffect(() => {
    if (question !== null) past.read(question);
  }, [question]);

  const id = looked.value;
  const sheet = asked.value;
  return (
    <PageView page="desk" title={t("desk.title")}>
      <button
        type="button"
        class="text-button desk-help"
        data-act="help"
        onClick={() => {
          helping.value = true;
        }}
      >
        {t("desk.keys")}{" "}
        <span class="key" aria-hidden="true">
          ?
        </span>
      </button>
      <Filters field={search} />
      <div class="desk" data-looking={id !== null}>
        <section class="desk-main" aria-label={t("desk.title")} data-supply={supply.value}>
          <Bar />
          {rows.value.length === 0 ? <Nothing /> : <List hand={hand} />}
          {withPast.value && <Past question={question ?? ""} />}
        </section>
        {id !== null && (
          <Detail
            id={id}
            focus={byKey.current}
            onClose={() => {
              look(null);
              requestAnimationFrame(() => hands.show(id, true));
            }}
          />
        )}
      </div>
      <ReportBar />
      {sheet !== null &&
        (sheet.what === "silence" ? (
          <SilenceDialog list={sheet.list} />
        ) : (
          <DoDialog what={sheet.what} list={sheet.list} />
        ))}
      {helping.value && <Help />}
    </PageView>
  );
}

/** Why there is nothing in the list: nobody has told yet, nothing is wrong, or the filter leaves nothing. */
function Nothing() {
  const has = supply.value;
  const text =
    has !== "there"
      ? t(`alerts.${has}`)
      : isUsual(wanted.value)
        ? t(instead.value)
        : t(past.busy.value && withPast.value ? "list.waiting" : "desk.none");
  return <p class="desk-nothing dim">{text}</p>;
}

/** What is closed is read page by page; words are searched in what was read. */
function Past({ question }: { question: string }) {
  const read = past.items.value?.length ?? 0;
  return (
    <div class="desk-past">
      <Trouble list={past} />
      {past.items.value !== null && (
        <p class="dim">
          {t(past.next.value === null ? "desk.past_all" : "desk.past_some", { count: read })}
          {wanted.value.q !== "" && past.next.value !== null && ` ${t("desk.past_search")}`}
        </p>
      )}
      {past.next.value !== null && (
        <button type="button" class="act" data-act="more" onClick={() => past.more(question)}>
          {t(past.busy.value ? "list.waiting" : "list.more")}
        </button>
      )}
    </div>
  );
}
