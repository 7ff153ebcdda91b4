import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { t } from "../i18n";
import { me } from "../store/me";

/** Notes of shifts that are kept in this browser; older ones make room. */
const KEPT = 12;
const MOST = 8000;
const NAME = "ioc.handover";

/** Notes by the beginning of their shift (ms), of whoever wrote them. */
type Book = Record<string, string>;

function book(): Book {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "{}") as Book;
  } catch {
    return {};
  }
}

/** Whether the browser keeps it. */
function keep(key: string, text: string): boolean {
  const all = { ...book(), [key]: text };
  const others = Object.keys(all)
    .filter((k) => k !== key)
    .sort((a, b) => Number(b.split(" ")[0]) - Number(a.split(" ")[0]));
  // What is being written now makes room for nothing.
  const keys = text === "" ? others : [key, ...others];
  try {
    localStorage.setItem(
      NAME,
      JSON.stringify(Object.fromEntries(keys.slice(0, KEPT).map((k) => [k, all[k]]))),
    );
    return true;
  } catch {
    return false;
  }
}

/** What figures do not say: free words, kept in this browser for the shift and printed with it. */
export function Notes({ from }: { from: number }) {
  const id = useId();
  const key = `${from} ${me.value?.name ?? ""}`;
  const text = useSignal(book()[key] ?? "");
  const kept = useSignal(true);
  useEffect(() => {
    text.value = book()[key] ?? "";
  }, [key]);
  return (
    <section class="handover-block handover-notes" data-block="notes">
      <h2>
        <label for={id}>{t("handover.notes")}</label>
      </h2>
      <textarea
        id={id}
        name="notes"
        class="no-print"
        rows={6}
        maxLength={MOST}
        value={text.value}
        placeholder={t("handover.notes_hint")}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          kept.value = keep(key, text.value);
        }}
      />
      <p class="dim no-print">{t(kept.value ? "handover.notes_kept" : "handover.notes_not_kept")}</p>
      <p class="print-only handover-said">{text.value}</p>
    </section>
  );
}
