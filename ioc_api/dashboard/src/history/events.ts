import { signal } from "@preact/signals";
import type { Alert, AlertState } from "../api/alerts";
import { get } from "../api/http";
import type { Page } from "../api/types";
import type { Annotation, Span } from "../charts/model";
import { formatMoment } from "../format";
import { nameOf } from "../i18n";
import { may } from "../store/me";
import { linkTo } from "../store/route";
import type { View } from "./view";
import { why } from "./words";

const DAY_MS = 86_400_000;
/** One that is over and began so long before the span may have gone on in it. */
const BEFORE_MS = 30 * DAY_MS;
/** Those in these states are asked for whenever they began. */
const OPEN: readonly AlertState[] = ["firing", "acknowledged", "in_progress"];
const LIMIT = 200;

/** What was alerted of a view. */
export class Events {
  readonly alerts = signal<readonly Alert[]>([]);
  /** there are more than were read */
  readonly more = signal(false);
  readonly trouble = signal<string | null>(null);
  private asked = 0;

  async read(view: View, span: Span): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    const paths = view.alerts && may("alerts.read") ? pathsOf(view, span) : [];
    try {
      const pages = await Promise.all(paths.map((path) => get<Page<Alert>>(path)));
      if (mine !== this.asked) return;
      const found = new Map(pages.flatMap((page) => page.items).map((alert) => [alert.id, alert]));
      this.alerts.value = [...found.values()].filter((alert) => within(alert, span));
      this.more.value = pages.some((page) => page.next !== null);
      this.trouble.value = null;
    } catch (cause) {
      if (mine !== this.asked) return;
      this.alerts.value = [];
      this.trouble.value = why(cause);
    }
  }
}

/** The alerts of the sensors, and those of the places in the domains of the metrics; of each part also those that are open since long. */
export function pathsOf(view: View, span: Span): string[] {
  const domains = [...new Set(view.metrics.map((one) => one.split("/")[0] ?? ""))];
  const asked = (part: [string, string][]): string[] =>
    [[["since", new Date(span[0] - BEFORE_MS).toISOString()]], of("state", OPEN)].map((which) => {
      const query = new URLSearchParams([...part, ...which] as [string, string][]);
      query.set("until", new Date(span[1]).toISOString());
      query.set("limit", String(LIMIT));
      return `alerts?${query}`;
    });
  const of = (name: string, values: readonly string[]): [string, string][] =>
    values.map((one) => [name, one]);
  if (view.metrics.length === 0) return [];
  const inDomains = of("domain", domains);
  return [
    ...(view.sensors.length > 0 ? asked(of("sensor", view.sensors)) : []),
    ...(view.zones.length > 0 ? asked([...of("zone", view.zones), ...inDomains]) : []),
    ...(view.areas.length > 0 ? asked([...of("area", view.areas), ...inDomains]) : []),
  ];
}

/** When it was over; null: it is not. */
export function endOf(alert: Alert): number | null {
  const end = alert.cleared_at ?? alert.resolved_at ?? alert.closed_at;
  return end === null ? null : Date.parse(end);
}

export function within(alert: Alert, span: Span): boolean {
  const end = endOf(alert);
  return Date.parse(alert.started_at) < span[1] && (end === null || end >= span[0]);
}

/** What a panel is about. */
export interface About {
  domains: ReadonlySet<string>;
  units: ReadonlySet<string>;
}

/** The alerts on a panel: those of its domains and units; some have no unit, such as a sensor's silence. */
export function annotationsOf(
  alerts: readonly Alert[],
  { domains, units }: About,
  now: number,
): Annotation[] {
  return alerts
    .filter((alert) => !alert.domain || domains.has(alert.domain))
    .filter((alert) => !alert.unit || units.has(alert.unit))
    .map((alert) => ({
      from: Date.parse(alert.started_at),
      to: endOf(alert),
      severity: alert.severity,
      label: [
        nameOf(alert),
        alert.sensor_name ?? alert.place,
        formatMoment(Date.parse(alert.started_at), now),
      ]
        .filter((part) => part)
        .join(" · "),
      href: linkTo(alert.id),
    }));
}
