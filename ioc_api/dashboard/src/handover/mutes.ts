import { word } from "../alerts/words";
import type { Matcher } from "../api/desk";
import { nameOf } from "../i18n";
import { alerts } from "../store/alerts";
import { areas, domains, zones } from "../store/registry";

/** Values of a list that are named. */
const NAMED = 4;

/** What a silence mutes, in words: its lists, one after the other. */
export function saidOf(matcher: Matcher, department: (code: string) => string): string {
  const among = (known: readonly { code: string; vi: string; en: string }[]) => (code: string) => {
    const found = known.find((one) => one.code === code);
    return found ? nameOf(found) : code;
  };
  const names: Partial<Record<keyof Matcher, (code: string) => string>> = {
    area: among(areas.value),
    zone: among(zones.value),
    domain: among(domains.value),
    kind: (code) => word(`kind.${code}`, code),
    severity: (code) => word(`severity.${code}`, code),
    department,
    rule: (code) => {
      for (const one of alerts.value.values()) if (one.rule === code) return nameOf(one);
      return code;
    },
  };
  return (Object.entries(matcher) as [keyof Matcher, string[]][])
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => {
      const said = values.slice(0, NAMED).map(names[name] ?? ((value) => value));
      return said.join(", ") + (values.length > NAMED ? ` +${values.length - NAMED}` : "");
    })
    .join(" · ");
}
