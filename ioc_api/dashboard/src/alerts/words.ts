import type { Alert } from "../api/alerts";
import { formatAge, formatNumber } from "../format";
import { type Key, nameOf, t, unitOf } from "../i18n";
import { vi } from "../i18n/vi";
import { areas, zones } from "../store/registry";

/** The text of that key; what the server says anew, and this screen has no word for, is shown as it came. */
export function word(key: string, otherwise: string, values: Readonly<Record<string, string>> = {}): string {
  return key in vi ? t(key as Key, values) : otherwise;
}

/** Where it is, the closest thing first: device, place, ward, area. */
export function placeOf(alert: Alert): string[] {
  const zone = zones.value.find((z) => z.code === alert.zone);
  const area = areas.value.find((a) => a.code === alert.area);
  const [kind = "", name = ""] = alert.subject.split(/\/(.*)/s);
  return [
    // What is no part of the city: an address, an account, the system itself.
    alert.area === "" ? word(`about.${kind}`, alert.subject, { name }) : null,
    kind === "parent" ? t("alert.parent", { name }) : alert.sensor_name || alert.sensor_id,
    alert.channel ? t("alert.channel", { name: alert.channel }) : null,
    zone ? nameOf(zone) : alert.zone,
    // A ward says which area it is in to those who work here; an area's own alert has nothing else.
    zone ? null : area ? nameOf(area) : alert.area,
  ].filter((part): part is string => Boolean(part));
}

/** The unit of what is only off or on. */
export const OFF_ON = "0/1";

/** A value in its unit: durations as ages, shares of children and of what is on as percentages, off and on in words. */
export function quantity(value: number | null, alert: Pick<Alert, "unit" | "subject">): string {
  if (value === null) return "–";
  if (alert.unit === OFF_ON) {
    if (value === 0 || value === 1) return t(value === 1 ? "state.on" : "state.off");
    return `${formatNumber(value * 100, Number.isInteger(value * 100) ? 0 : 1)} %`;
  }
  if (alert.unit === "s") return formatAge(value);
  if (alert.unit === "1" && alert.subject.startsWith("parent/")) return `${formatNumber(value * 100)} %`;
  const unit = alert.unit === "1" ? "" : unitOf(alert.unit);
  const size = Math.abs(value);
  const digits = Number.isInteger(value) ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${formatNumber(value, digits)} ${unit}`.trim();
}

/** A rule that fires at any duration has no limit that would say anything, nor has the middle between off and on. */
export function limitOf(alert: Pick<Alert, "unit" | "subject" | "threshold">): string | null {
  if (alert.threshold === null || (alert.unit === "s" && alert.threshold === 0)) return null;
  if (alert.unit === OFF_ON && alert.threshold === 0.5) return null;
  return t("alert.limit", { limit: quantity(alert.threshold, alert) });
}

/** Why nobody should call it resolved without a word; null: the readings are clear. As alerts/life/actions.py says it. */
export function noteNeeded({ condition, flapping }: Pick<Alert, "condition" | "flapping">): Key | null {
  if (condition === "clear") return null;
  if (condition === "lost") return "do.note_lost";
  if (flapping) return "do.note_flapping";
  return condition === "clearing" ? "do.note_clearing" : "do.note_breach";
}

/** Whoever did it; the program itself is called so. */
export function who(actor: string | null): string {
  if (actor === null || actor === "") return "–";
  return actor === "engine" ? t("alert.engine") : actor;
}
