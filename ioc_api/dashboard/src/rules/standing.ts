import type { ListedRule } from "../api/rules";

export const STATES = ["all", "firing", "on", "off", "aside"] as const;
export type State = (typeof STATES)[number];

/** How a rule stands: firing now, on, off, or set aside because judgement tripped over it. */
export function standing(rule: ListedRule): Exclude<State, "all"> {
  if (rule.set_aside !== null) return "aside";
  if (!rule.enabled) return "off";
  return rule.open > 0 ? "firing" : "on";
}

/** Words are looked for without their marks, as they are often typed. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
}

const RANK = ["critical", "major", "warning", "info"];

/** Those that are looked for: what fires first, then by severity. */
export function wantedRules(rules: readonly ListedRule[], q: string, state: State): ListedRule[] {
  const words = plain(q).split(/\s+/).filter(Boolean);
  return rules
    .filter(
      (rule) =>
        state === "all" || standing(rule) === state || (state === "on" && standing(rule) === "firing"),
    )
    .filter((rule) => {
      const text = plain(`${rule.code} ${rule.rule.vi} ${rule.rule.en}`);
      return words.every((word) => text.includes(word));
    })
    .sort(
      (a, b) =>
        Number(b.open > 0) - Number(a.open > 0) ||
        RANK.indexOf(a.rule.severity) - RANK.indexOf(b.rule.severity) ||
        a.code.localeCompare(b.code),
    );
}
