import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { word } from "../alerts/words";
import type { Entry, Grant } from "../api/access";
import { nameOf, t } from "../i18n";
import { exactly } from "../parts/moment";
import { PageView } from "../parts/PageView";
import { Trouble } from "../parts/Trouble";
import { grantText } from "../people/grants";
import { Listed } from "../store/lists";
import { differences, shown } from "./diff";
import { EMPTY, Filters, type Wanted } from "./Filters";

const PAGE = 100;

/** The question of a filter. */
export function asked(wanted: Wanted): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const name of ["actor", "action", "subject", "address", "outcome", "q"] as const)
    if (wanted[name].trim() !== "") query.set(name, wanted[name].trim());
  for (const name of ["from", "to"] as const) {
    const moment = wanted[name];
    if (moment !== null) query.set(name, new Date(moment).toISOString());
  }
  return `audit?${query}`;
}

/** What was done, by whom, from where, and what came of it; the newest first. */
export function AuditView() {
  const list = useMemo(() => new Listed<Entry>(), []);
  const wanted = useSignal<Wanted>(EMPTY);
  const look = (next: Wanted): void => {
    wanted.value = next;
    list.read(asked(next));
  };
  useEffect(() => look(EMPTY), []);
  const items = list.items.value ?? [];
  return (
    <PageView page="audit" title={t("audit.title")}>
      <div class="cards">
        <section class="card card-wide">
          <Filters wanted={wanted.value} onWanted={look} />
        </section>
        <section class="card card-wide" aria-busy={list.busy.value}>
          <Trouble list={list} />
          {list.items.value !== null && items.length === 0 && <p class="dim">{t("audit.none")}</p>}
          {items.length > 0 && (
            <div class="table-box">
              <table class="table table-audit">
                <thead>
                  <tr>
                    <th scope="col">{t("audit.at")}</th>
                    <th scope="col">{t("audit.actor")}</th>
                    <th scope="col">{t("audit.action")}</th>
                    <th scope="col">{t("audit.subject")}</th>
                    <th scope="col">{t("audit.outcome")}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((entry) => (
                    <Row
                      key={entry.id}
                      entry={entry}
                      onActor={(actor) => look({ ...EMPTY, actor })}
                      onSubject={(subject) => look({ ...EMPTY, subject })}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {list.next.value !== null && (
            <button
              type="button"
              class="alerts-more"
              data-act="more"
              onClick={() => list.more(asked(wanted.value))}
            >
              {t(list.busy.value ? "list.waiting" : "list.more")}
            </button>
          )}
        </section>
      </div>
    </PageView>
  );
}

interface RowProps {
  entry: Entry;
  onActor: (actor: string) => void;
  onSubject: (subject: string) => void;
}

function Row({ entry, onActor, onSubject }: RowProps) {
  const opened = useSignal(false);
  const has = entry.before !== null || entry.after !== null;
  return (
    <>
      <tr data-entry={entry.id} data-outcome={entry.outcome}>
        <td class="number">{exactly(entry.at)}</td>
        <td>
          <button
            type="button"
            class="row-button"
            title={t("audit.of_actor")}
            onClick={() => onActor(entry.actor)}
          >
            {entry.actor}
          </button>
          <span class="dim audit-from">
            {word(`way.${entry.way}`, entry.way)}
            {entry.address && ` · ${entry.address}`}
          </span>
        </td>
        <td>
          {nameOf(entry.name)} <code class="dim audit-code">{entry.action}</code>
        </td>
        <td class="audit-subject">
          {entry.subject && (
            <button
              type="button"
              class="row-button"
              title={t("audit.of_subject")}
              onClick={() => onSubject(entry.subject)}
            >
              {entry.subject}
            </button>
          )}
          {entry.detail && <span class="audit-detail">{entry.detail}</span>}
          {has && (
            <button
              type="button"
              class="text-button audit-open"
              aria-expanded={opened.value}
              onClick={() => {
                opened.value = !opened.value;
              }}
            >
              {t(opened.value ? "audit.close" : "audit.open")}
            </button>
          )}
        </td>
        <td>
          <span class="standing" data-outcome={entry.outcome}>
            {t(`outcome.${entry.outcome}`)}
          </span>
        </td>
      </tr>
      {opened.value && (
        <tr class="audit-more">
          <td colSpan={5}>
            <Diff entry={entry} />
          </td>
        </tr>
      )}
    </>
  );
}

/** A value for people: grants in words, all else as it was recorded. */
function told(at: string, value: unknown): string {
  const grants = /(^|\.)grants$/.test(at) && Array.isArray(value) && value.length > 0;
  return grants ? (value as Grant[]).map(grantText).join("\n") : shown(value);
}

/** Place by place, how it stood before and how afterwards. Values are text, whatever they hold. */
function Diff({ entry }: { entry: Entry }) {
  const found = differences(entry.before, entry.after);
  if (found.length === 0) return <p class="dim">{t("audit.same")}</p>;
  return (
    <table class="diff" data-diff={entry.id}>
      <thead>
        <tr>
          <th scope="col">{t("audit.place")}</th>
          <th scope="col">{t("audit.before")}</th>
          <th scope="col">{t("audit.after")}</th>
        </tr>
      </thead>
      <tbody>
        {found.map(({ at, before, after }) => (
          <tr key={at} data-at={at}>
            <th scope="row">{at || t("audit.whole")}</th>
            <td class="diff-before">{told(at, before)}</td>
            <td class="diff-after">{told(at, after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
