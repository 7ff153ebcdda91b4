import { word } from "../alerts/words";
import type { Matcher } from "../api/rules";
import { formatDate, formatTime } from "../format";
import { type Key, nameOf, t } from "../i18n";
import { departmentName } from "../store/departments";
import { areas, domains, zones } from "../store/registry";

/** What a field of a rule, a route or a silence is called. */
export function named(field: string, code: string): string {
  const known = { area: areas.value, zone: zones.value, domain: domains.value }[field];
  const found = known?.find((one) => one.code === code);
  if (found) return nameOf(found);
  if (field === "department") return departmentName(code);
  if (field === "kind" || field === "severity") return word(`${field}.${code}`, code);
  return code;
}

/** Whom a result is about: a sensor, a ward, a cabinet. */
export function subjectText(key: string): string {
  const [kind = "", rest = ""] = key.split(/\/(.*)/s);
  if (kind === "zone" || kind === "area") return named(kind, rest);
  if (kind === "parent") return t("alert.parent", { name: rest });
  return rest.replace("/", " · ");
}

/** What a silence takes, in words. */
export function matcherText(matcher: Matcher): string {
  return Object.entries(matcher)
    .filter(([, codes]) => codes.length > 0)
    .map(
      ([field, codes]) =>
        `${t(`match.${field}` as Key)}: ${codes.map((code) => named(field, code)).join(", ")}`,
    )
    .join(" · ");
}

/** A moment to the minute, with its day: dd/MM/yyyy HH:mm. */
export function minute(text: string): string {
  const ms = Date.parse(text);
  return `${formatDate(ms)} ${formatTime(ms).slice(0, 5)}`;
}
