import { nameOf } from "../i18n";
import { areas, domains } from "../store/registry";

/** The domain that a pattern names (`bac_giang/traffic`), if it does. */
export function domainIn(pattern: string): string | null {
  const [area, domain, ...more] = pattern.split("/");
  if (more.length > 0 || !areas.value.some((a) => a.code === area)) return null;
  return domains.value.find((d) => d.code === domain)?.code ?? null;
}

/** Where messages come from, in words where there are some. */
export function fromWhere(pattern: string): string {
  const [area, domain, ...more] = pattern.split("/");
  const known = more.length === 0 ? areas.value.find((a) => a.code === area) : undefined;
  const field = domains.value.find((d) => d.code === domain);
  if (known === undefined || field === undefined) return pattern;
  return `${nameOf(field)} · ${nameOf(known)}`;
}
