import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { type Alert, SEVERITIES } from "../api/alerts";
import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { alerts } from "../store/alerts";
import { allDepartments } from "../store/departments";
import { areas, domains, liveZones } from "../store/registry";
import { known, want, wanted } from "./state";
import { type Choice, isUsual, SORTS, type Sort, STATES, USUAL } from "./wanted";

/** Pause after the last letter before the list follows. */
const TYPED_MS = 150;

/** Which alerts, and in which order. All of it is in the address. */
export function Filters({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const which = wanted.value;
  const counts = counted(alerts.value.values());
  const opened = useSignal(false);
  return (
    <search class="desk-filters" data-open={opened.value}>
      <Words field={field} />
      <fieldset class="chips desk-states" aria-label={t("desk.states")}>
        {STATES.map((state) => (
          <Chip
            key={state}
            name={state}
            on={which.states.includes(state)}
            onClick={() => {
              const next = STATES.filter((one) => which.states.includes(one) !== (one === state));
              want({ states: next.length > 0 ? next : USUAL.states });
            }}
          >
            {t(`standing.${state}`)}
            {state !== "closed" && <span class="number dim">{formatNumber(counts.get(state) ?? 0)}</span>}
          </Chip>
        ))}
      </fieldset>
      <fieldset class="chips desk-severities" aria-label={t("desk.severities")}>
        {SEVERITIES.map((severity) => (
          <Chip
            key={severity}
            name={severity}
            on={which.severities.includes(severity)}
            onClick={() =>
              want({
                severities: SEVERITIES.filter((one) => which.severities.includes(one) !== (one === severity)),
              })
            }
          >
            <SeverityMark of={severity} />
            {t(`severity.${severity}`)}
          </Chip>
        ))}
      </fieldset>
      <fieldset class="chips" aria-label={t("desk.mine")}>
        <Chip name="mine" on={which.mine} onClick={() => want({ mine: !which.mine })}>
          {t("desk.mine")}
        </Chip>
        <Chip name="group" on={which.group} onClick={() => want({ group: !which.group })}>
          {t("desk.group")}
        </Chip>
      </fieldset>
      <button
        type="button"
        class="alerts-fold desk-fold-filters"
        aria-expanded={opened.value}
        onClick={() => {
          opened.value = !opened.value;
        }}
      >
        <i class="fold-sign" aria-hidden="true" />
        {t("desk.more_filters")}
      </button>
      <div class="desk-selects">
        <Select name="area" list={areas.value} />
        <Select
          name="zone"
          list={liveZones.value.filter((z) => which.area === "" || z.area === which.area)}
        />
        <Select name="domain" list={domains.value} />
        <Select name="department" list={allDepartments.value} />
        <Select name="rule" list={rulesOf(known.value.values())} />
        <label class="desk-select">
          <span class="unseen">{t("desk.sort")}</span>
          <select
            name="sort"
            value={which.sort}
            onChange={(event) => want({ sort: event.currentTarget.value as Sort })}
          >
            {SORTS.map((one) => (
              <option key={one} value={one}>
                {t(`desk.sort_${one}`)}
              </option>
            ))}
          </select>
        </label>
        {!isUsual(which) && (
          <button
            type="button"
            class="text-button"
            data-act="all"
            onClick={() => want({ ...USUAL, sort: which.sort, group: which.group })}
          >
            {t("desk.clear")}
          </button>
        )}
      </div>
    </search>
  );
}

function counted(list: Iterable<Alert>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { state } of list) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** Rules that have something to show, by their names. */
function rulesOf(list: Iterable<Alert>): { code: string; vi: string; en: string }[] {
  const found = new Map<string, { code: string; vi: string; en: string }>();
  for (const { rule, vi, en } of list) if (!found.has(rule)) found.set(rule, { code: rule, vi, en });
  return [...found.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b), "vi"));
}

function Words({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const typed = useSignal(wanted.peek().q);
  const q = wanted.value.q;
  // An address, or "show all", says it anew.
  useLayoutEffect(() => {
    if (q !== typed.peek().trim()) typed.value = q;
  }, [q]);
  useEffect(() => {
    if (typed.value.trim() === wanted.peek().q) return;
    const wait = setTimeout(() => want({ q: typed.peek() }), TYPED_MS);
    return () => clearTimeout(wait);
  }, [typed.value]);
  return (
    <label class="desk-search">
      <span class="unseen">{t("desk.search")}</span>
      <input
        ref={field}
        type="search"
        name="q"
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        placeholder={t("desk.search_hint")}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape" && event.key !== "Enter") return;
          event.preventDefault();
          if (event.key === "Escape" && typed.value !== "") typed.value = "";
          else event.currentTarget.blur();
        }}
      />
    </label>
  );
}

interface ChipProps {
  name: string;
  on: boolean;
  onClick: () => void;
  children: preact.ComponentChildren;
}

function Chip({ name, on, onClick, children }: ChipProps) {
  return (
    <button type="button" class="chip" data-chip={name} aria-pressed={on} onClick={onClick}>
      {children}
    </button>
  );
}

function Select({ name, list }: { name: Choice; list: readonly { code: string; vi: string; en: string }[] }) {
  const value = wanted.value[name];
  const there = value === "" || list.some((one) => one.code === value);
  return (
    <label class="desk-select" data-on={value !== ""}>
      <span class="unseen">{t(`desk.${name}`)}</span>
      <select
        name={name}
        value={value}
        onChange={(event) => {
          const code = event.currentTarget.value;
          // A ward of another area would leave nothing.
          want(name === "area" ? { area: code, zone: "" } : { [name]: code });
        }}
      >
        <option value="">{t(`desk.any_${name}`)}</option>
        {!there && <option value={value}>{value}</option>}
        {list.map((one) => (
          <option key={one.code} value={one.code}>
            {nameOf(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
