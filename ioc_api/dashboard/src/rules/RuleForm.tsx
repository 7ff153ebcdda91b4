import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ApiError, send } from "../api/http";
import type { Finding, RuleBody, RuleVersion, WholeRule } from "../api/rules";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { holdsRefused } from "../parts/refused";
import { may } from "../store/me";
import { go } from "../store/route";
import { Conflict } from "./Conflict";
import { Fires } from "./Fires";
import { Editing } from "./form/editing";
import { PLACED } from "./form/fields";
import { fieldName, Said } from "./form/Line";
import { Condition, Head, Holds, Scope, Telling } from "./form/Parts";
import { RuleActs } from "./RuleActs";
import { Trial } from "./trial/Trial";
import { Versions } from "./Versions";

interface Props {
  /** null: a new one */
  rule: WholeRule | null;
  copy: RuleBody | null;
  onKept: (code: string) => void;
}

/** A rule as a form, which is tried on history as it is written. */
export function RuleForm({ rule, copy, onKept }: Props) {
  const ed = useMemo(() => new Editing(rule, copy), []);
  useEffect(() => {
    ed.later();
    return () => ed.stop();
  }, [ed]);
  const note = useSignal("");
  const faster = useSignal<RuleVersion | null>(null);
  const deed = useDeed();
  const writes = may("rules.write");
  const { draft } = ed;
  const save = (): void => {
    deed.run(async () => {
      const seen = ed.seen.peek();
      const sent = ed.draft.peek();
      const body = { rule: ed.read.peek().body, note: note.value.trim(), accept_warnings: ed.accepted.value };
      try {
        const kept =
          seen === null
            ? await send<RuleVersion>("POST", "rules", body)
            : await send<RuleVersion>("PUT", `rules/${seen.code}`, { ...body, revision: seen.version });
        note.value = "";
        faster.value = null;
        if (kept !== null) {
          // What was typed while it was on its way stays.
          const typed = ed.draft.peek() !== sent;
          if (typed) ed.rebase(kept);
          else ed.fill(kept);
          // A new one is led to its address, where the form begins anew.
          if (!typed || seen !== null) onKept(kept.code);
        }
      } catch (cause) {
        if (cause instanceof ApiError && cause.status === 409)
          faster.value = (cause.problem.current as RuleVersion | undefined) ?? null;
        if (cause instanceof ApiError && Array.isArray(cause.problem.findings))
          ed.checked.value = {
            findings: cause.problem.findings as Finding[],
            fires_now: ed.checked.peek()?.fires_now ?? null,
          };
        throw cause;
      }
    });
  };
  const elsewhere = ed.findings.value.filter(
    (f) => !PLACED.some((at) => f.where === at || f.where.startsWith(`${at}.`)),
  );
  return (
    <div class="rule-edit">
      <form
        class="form rule-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          ed.revealed.value = true;
          if (holdsRefused(event.currentTarget)) return;
          if (ed.barred.value) deed.lacks(t("rules.mend"));
          else if (ed.doubtful.value && !ed.accepted.value) deed.lacks(t("rules.accept_needed"));
          else save();
        }}
      >
        {rule === null && (
          <div class="person-head">
            <h2>{t("rules.new")}</h2>
            <button
              type="button"
              class="close"
              aria-label={t("rules.close")}
              onClick={() => go("rules", "list")}
            >
              ×
            </button>
          </div>
        )}
        {rule !== null && (
          <RuleActs
            rule={rule}
            seen={ed.seen.value ?? rule}
            onChanged={(kept) => {
              ed.rebase(kept);
              onKept(kept.code);
            }}
          />
        )}
        {!writes && <p class="dim">{t("rules.try_only")}</p>}
        <Part title={t("rules.part_head")}>
          <Head ed={ed} />
        </Part>
        <Part title={t("rules.part_condition")}>
          <Condition ed={ed} />
          <Fires ed={ed} />
        </Part>
        <Part title={t("rules.part_holds")}>
          <Holds ed={ed} />
        </Part>
        <Part title={t("rules.part_scope")}>
          <Scope ed={ed} />
        </Part>
        <Part title={t("rules.part_telling")}>
          <Telling ed={ed} />
        </Part>
        <Said id="rule-elsewhere" findings={elsewhere} />
        {writes && (
          <div class="rule-save">
            {faster.value !== null && (
              <Conflict
                seen={ed.seen.value?.rule}
                now={faster.value.rule}
                by={faster.value.changed_by}
                at={faster.value.changed_at}
                onMine={() => {
                  const now = faster.value;
                  if (now !== null) ed.rebase(now);
                  faster.value = null;
                  deed.said.value = null;
                }}
                onTheirs={() => {
                  const now = faster.value;
                  if (now !== null) ed.fill(now);
                  faster.value = null;
                  deed.said.value = null;
                }}
              />
            )}
            <Field
              name="rule-note"
              label={t("rules.note")}
              maxLength={2000}
              value={note.value}
              onValue={(value) => {
                note.value = value;
              }}
            />
            <label class="choice">
              <input
                type="checkbox"
                name="enabled"
                checked={draft.value.enabled === true}
                onChange={(event) => ed.set("enabled", event.currentTarget.checked)}
              />
              {fieldName("enabled")}
            </label>
            {ed.doubtful.value && (
              <label class="choice rule-accept">
                <input
                  type="checkbox"
                  name="accept-warnings"
                  checked={ed.accepted.value}
                  onChange={(event) => {
                    ed.accepted.value = event.currentTarget.checked;
                  }}
                />
                {t("rules.accept", { n: ed.findings.value.length })}
              </label>
            )}
            {ed.unchecked.value && <p class="warn">{t("rules.unchecked")}</p>}
            <div class="do-buttons">
              <button
                type="submit"
                class="act"
                data-act="save-rule"
                data-due="true"
                disabled={!ed.changed.value}
                aria-disabled={deed.busy.value}
              >
                {t("deed.save")}
              </button>
              <button
                type="button"
                class="act"
                onClick={() => (rule === null ? go("rules", "list") : ed.fill(ed.seen.peek() ?? rule))}
              >
                {t(rule === null ? "deed.back" : "rules.undo")}
              </button>
            </div>
            <Outcome deed={deed} />
          </div>
        )}
        {rule !== null && <Versions versions={rule.versions} onTake={(one) => take(ed, one)} />}
      </form>
      <Trial ed={ed} />
    </div>
  );
}

/** An older version into the form; it becomes a new one when it is kept. */
function take(ed: Editing, version: RuleVersion): void {
  const seen = ed.seen.peek();
  ed.fill(version);
  ed.seen.value = seen;
  ed.from(seen);
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="rule-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
