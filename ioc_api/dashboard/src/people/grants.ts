import type { Grant, Role } from "../api/access";
import { formatDate } from "../format";
import { nameOf, t } from "../i18n";
import { departmentName } from "../store/departments";
import { areas, domains, zones } from "../store/registry";

/** What the API takes: only what limits it. */
export function sent(grant: Grant): Grant {
  const { role, areas: within = [], zones: of = [], domains: about = [], department, ends_at } = grant;
  return {
    role,
    ...(within.length > 0 && { areas: within }),
    ...(of.length > 0 && { zones: of }),
    ...(about.length > 0 && { domains: about }),
    ...(role === "department" && department && { department }),
    ...(ends_at && { ends_at }),
  };
}

/** Why such grants cannot be given; null: they can, as far as can be seen here. */
export function lacking(grants: readonly Grant[]): string | null {
  if (grants.some((grant) => grant.role === "department" && !grant.department))
    return t("grant.department_needed");
  return null;
}

/** Zones outside the areas that were chosen give nothing. */
export function within(grant: Grant): Grant {
  const chosen = grant.areas ?? [];
  if (chosen.length === 0 || (grant.zones ?? []).length === 0) return grant;
  const kept = (grant.zones ?? []).filter((code) => {
    const zone = zones.peek().find((one) => one.code === code);
    return zone === undefined || chosen.includes(zone.area);
  });
  return { ...grant, zones: kept };
}

export function roleName(role: Role): string {
  return t(`job.${role}`);
}

/** The whole of it in a line: the role, then where, and until when. */
export function grantText(grant: Grant): string {
  const named = (
    codes: string[] | undefined,
    known: readonly { code: string; vi: string; en: string }[],
  ): string =>
    (codes ?? [])
      .map((code) => {
        const found = known.find((one) => one.code === code);
        return found ? nameOf(found) : code;
      })
      .join(", ");
  const places = named(grant.zones, zones.value) || named(grant.areas, areas.value);
  return [
    roleName(grant.role),
    grant.department ? departmentName(grant.department) : "",
    places || (grant.role === "department" ? "" : t("grant.everywhere")),
    named(grant.domains, domains.value),
    grant.ends_at ? t("grant.until", { date: formatDate(Date.parse(grant.ends_at)) }) : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
