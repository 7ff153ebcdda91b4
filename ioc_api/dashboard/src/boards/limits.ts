import type { Severity } from "../api/alerts";
import type { BoardRule, ListedRule } from "../api/boards";

/** Where a rule begins to hold, for a chart and for the list beneath it. */
export interface Limit {
  code: string;
  vi: string;
  en: string;
  severity: Severity;
  /** null: an operating threshold, which is no legal limit */
  basis: string | null;
  above: number | null;
  below: number | null;
}

/** What a chart shows. `stepS`: of its points, s. */
interface Shown {
  domain: string;
  metric?: string;
  index?: string;
  area: string | null;
  zone: string | null;
  sensor: { id: string; site: string } | null;
  stepS: number;
}

/** The rules that a chart draws: those about what it shows, there, at that length of time. */
export function limitsOf(rules: readonly ListedRule[], shown: Shown): Limit[] {
  const found: Limit[] = [];
  for (const { rule, enabled, set_aside, code } of rules) {
    const levels = rule.condition.levels;
    if (!enabled || set_aside !== null || !levels || !within(rule, shown) || !about(rule, shown)) continue;
    if (levels.above === null && levels.below === null) continue;
    found.push({
      code,
      vi: rule.vi,
      en: rule.en,
      severity: rule.severity,
      basis: rule.legal_basis,
      above: levels.above,
      below: levels.below,
    });
  }
  return found;
}

function within({ scope }: BoardRule, { domain, area, zone, sensor }: Shown): boolean {
  const takes = (list: readonly string[] | undefined, one: string | null): boolean =>
    !list || list.length === 0 || (one !== null && list.includes(one));
  if (!takes(scope.domain, domain) || !takes(scope.area, area) || !takes(scope.zone, zone)) return false;
  // What is said of some sensors alone is not said of a whole ward.
  if ((scope.tag?.length ?? 0) > 0 || (scope.site_kind?.length ?? 0) > 0) return false;
  return takes(scope.sensor, sensor?.id ?? null) && takes(scope.site, sensor?.site ?? null);
}

/** Whether a rule is about what is drawn. A limit for means of an hour is none for minutes. */
function about({ condition }: BoardRule, { metric, index, stepS }: Shown): boolean {
  const { type } = condition;
  if (index !== undefined)
    return (
      type === "index" &&
      condition.index === index &&
      (condition.detail ?? "") === "" &&
      !picky(condition.only)
    );
  if (metric === undefined) return false;
  if (type === "threshold" || type === "aggregate") return condition.metric === metric;
  if (type !== "index" || condition.index !== "vn_aqi_hourly" || stepS !== 3_600) return false;
  return (condition.detail ?? "").replace(/^concentrations\.|_1h$/g, "") === metric;
}

function picky(only: Readonly<Record<string, unknown>> | undefined): boolean {
  return only !== undefined && Object.keys(only).length > 0;
}
