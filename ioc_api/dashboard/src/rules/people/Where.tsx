import { word } from "../../alerts/words";
import { SEVERITIES } from "../../api/alerts";
import { nameOf, t } from "../../i18n";
import { areas, domains, liveZones } from "../../store/registry";
import { Choose } from "../Choose";
import { KINDS } from "../form/fields";

export interface Sort {
  kind: string;
  severity: string;
  domain: string;
  area: string;
  zone: string;
}

/** A sort of alerts: what is left out is any. */
export function Where({
  sort,
  onSort,
  exact = false,
}: {
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** one severity and one area, as an alert has them */
  exact?: boolean;
}) {
  const set = (change: Partial<Sort>): void => onSort({ ...sort, ...change });
  const wards = liveZones.value.filter((zone) => sort.area === "" || zone.area === sort.area);
  return (
    <>
      <Choose
        name="kind"
        label={t("rule.kind")}
        value={sort.kind}
        none={t(exact ? "grant.choose" : "route.every")}
        options={KINDS.map((code) => ({ code, text: word(`kind.${code}`, code) }))}
        onValue={(kind) => set({ kind })}
      />
      <Choose
        name="severity"
        label={t(exact ? "rule.severity" : "route.severity")}
        value={sort.severity}
        {...(!exact && { none: t("route.every") })}
        options={SEVERITIES.map((code) => ({ code, text: t(`severity.${code}`) }))}
        onValue={(severity) => set({ severity })}
      />
      <Choose
        name="area"
        label={t("rule.scope_area")}
        value={sort.area}
        {...(!exact && { none: t("route.every") })}
        options={areas.value.map((a) => ({ code: a.code, text: nameOf(a) }))}
        onValue={(area) => set({ area, zone: "" })}
      />
      <Choose
        name="zone"
        label={t("rule.scope_zone")}
        value={sort.zone}
        none={t("route.every")}
        options={wards.map((z) => ({ code: z.code, text: nameOf(z) }))}
        onValue={(zone) => set({ zone })}
      />
      <Choose
        name="domain"
        label={t("rule.scope_domain")}
        value={sort.domain}
        none={t("route.every")}
        options={domains.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
        onValue={(domain) => set({ domain })}
      />
    </>
  );
}
