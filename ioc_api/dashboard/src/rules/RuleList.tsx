import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { word } from "../alerts/words";
import { get, getAll } from "../api/http";
import type { ListedRule, WholeRule } from "../api/rules";
import { half, nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { refusal } from "../parts/deed";
import { may } from "../store/me";
import { addressOf, note, place } from "../store/route";
import { Beside } from "./Beside";
import { RuleForm } from "./RuleForm";
import { STATES, type State, standing, wantedRules } from "./standing";

/** The rules, of which one, or a new one, is beside the list. */
export function RuleList() {
  const rules = useSignal<ListedRule[] | null>(null);
  const trouble = useSignal<string | null>(null);
  const read = async (): Promise<void> => {
    try {
      rules.value = await getAll<ListedRule>("rules?limit=1000");
      trouble.value = null;
    } catch (cause) {
      trouble.value = refusal(cause);
    }
  };
  useEffect(() => {
    read();
    const timer = setInterval(read, 30_000);
    return () => clearInterval(timer);
  }, []);
  const { query } = place.value;
  const chosen = query.get("rule");
  const copy = query.get("copy");
  const making = query.has("new") || copy !== null;
  const q = query.get("q") ?? "";
  const state = (query.get("state") ?? "all") as State;
  const look = (change: Record<string, string>): void => {
    const next = { ...Object.fromEntries(query), ...change };
    note("rules", "list", Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "")));
  };
  const shown = wantedRules(rules.value ?? [], q, state);
  return (
    <div class="beside rules-beside" data-open={chosen !== null || making}>
      <section class="card beside-list">
        <div class="form-row">
          <label class="field">
            <span class="unseen">{t("rules.search")}</span>
            <input
              type="search"
              name="rule-search"
              maxLength={100}
              placeholder={t("rules.search")}
              value={q}
              onInput={(event) => look({ q: event.currentTarget.value })}
            />
          </label>
          {may("rules.write") && (
            <a
              class="act act-link"
              data-act="new-rule"
              data-due="true"
              href={addressOf("rules", "list", { new: "1" })}
            >
              {t("rules.new")}
            </a>
          )}
        </div>
        <fieldset class="choices choices-plain">
          <legend class="unseen">{t("rules.state")}</legend>
          {STATES.map((one) => (
            <label key={one} class="choice">
              <input
                type="radio"
                name="rule-state"
                checked={state === one}
                onChange={() => look({ state: one === "all" ? "" : one })}
              />
              {t(`rulestate.${one}`)}{" "}
              <span class="dim number">{wantedRules(rules.value ?? [], q, one).length}</span>
            </label>
          ))}
        </fieldset>
        {trouble.value !== null && (
          <p class="list-trouble" role="alert">
            {half(trouble.value)}
          </p>
        )}
        {rules.value === null && trouble.value === null && <p class="dim list-wait">{t("list.waiting")}</p>}
        {rules.value !== null && shown.length === 0 && <p class="dim">{t("rules.none")}</p>}
        <ul class="plain-list rules-list">
          {shown.map((one) => (
            <Row key={one.code} rule={one} current={one.code === chosen} query={query} />
          ))}
        </ul>
      </section>
      {(chosen !== null || making) && (
        <Beside of={`${chosen}/${copy}`}>
          <One
            key={`${chosen ?? ""}/${copy ?? ""}`}
            code={chosen}
            copy={copy}
            onKept={(code) => {
              read();
              if (chosen !== code) note("rules", "list", { rule: code });
            }}
          />
        </Beside>
      )}
    </div>
  );
}

function Row({ rule, current, query }: { rule: ListedRule; current: boolean; query: URLSearchParams }) {
  const keep = Object.fromEntries([...query].filter(([name]) => name === "q" || name === "state"));
  return (
    <li data-rule={rule.code} data-standing={standing(rule)} aria-current={current ? "true" : undefined}>
      <SeverityMark of={rule.rule.severity} />
      <div>
        <a href={addressOf("rules", "list", { ...keep, rule: rule.code })}>{nameOf(rule.rule)}</a>
        <span class="dim rules-kind">
          {t(`severity.${rule.rule.severity}`)} · {word(`kind.${rule.rule.kind}`, rule.rule.kind)} ·{" "}
          {word(`condition.${rule.rule.condition.type}`, rule.rule.condition.type)}
        </span>
      </div>
      <span class="badge" data-standing={standing(rule)}>
        {rule.open > 0 ? t("rules.firing", { n: rule.open }) : t(`rulenow.${standing(rule)}`)}
      </span>
    </li>
  );
}

/** One rule, read with its versions. */
function One({
  code,
  copy,
  onKept,
}: {
  code: string | null;
  copy: string | null;
  onKept: (code: string) => void;
}) {
  const rule = useSignal<WholeRule | null>(null);
  const trouble = useSignal<string | null>(null);
  const wanted = code ?? copy;
  const read = useMemo(
    () => async (): Promise<void> => {
      if (wanted === null) return;
      try {
        rule.value = await get<WholeRule>(`rules/${encodeURIComponent(wanted)}`);
        trouble.value = null;
      } catch (cause) {
        trouble.value = refusal(cause);
      }
    },
    [wanted],
  );
  useEffect(() => {
    read();
  }, [read]);
  if (trouble.value !== null && rule.value === null)
    return (
      <p class="list-trouble" role="alert">
        {half(trouble.value)}
      </p>
    );
  if (wanted !== null && rule.value === null) return <p class="dim list-wait">{t("list.waiting")}</p>;
  return (
    <RuleForm
      rule={code === null ? null : rule.value}
      copy={code === null ? (rule.value?.rule ?? null) : null}
      onKept={(kept) => {
        if (code !== null) read();
        onKept(kept);
      }}
    />
  );
}
