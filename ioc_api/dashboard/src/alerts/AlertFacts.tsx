import type { Alert, WhyAlert } from "../api/alerts";
import { formatAge, formatMoment, formatNumber } from "../format";
import { t } from "../i18n";
import { isOpen } from "../store/alerts";
import { now } from "../store/clock";
import { departmentName } from "../store/departments";
import { linkTo } from "../store/route";
import { limitOf, quantity, who, word } from "./words";

type Row = [name: string, text: string, href?: string];

/** Time of day, or with its day where that is another one. */
export const at = (time: string): string => formatMoment(Date.parse(time), now.value);

/** What must be known to act; what is not known is left out. */
export function AlertFacts({ alert }: { alert: Alert }) {
  const limit = limitOf(alert);
  const age = formatAge((now.value - Date.parse(alert.started_at)) / 1000);
  const rows: Row[] = [
    [
      t("alert.measured"),
      [quantity(alert.value, alert), limit, alert.value_at && at(alert.value_at)].filter(Boolean).join(" · "),
    ],
  ];
  if (alert.peak !== null && alert.peak !== alert.value)
    rows.push([
      t("alert.peak"),
      [quantity(alert.peak, alert), alert.peak_at && at(alert.peak_at)].filter(Boolean).join(" · "),
    ]);
  rows.push([t("alert.basis"), alert.legal_basis ?? t("alert.operating")]);
  rows.push([t("alert.began"), isOpen(alert) ? `${at(alert.started_at)} (${age})` : at(alert.started_at)]);
  if (alert.resolved_at)
    rows.push([t("standing.resolved"), `${at(alert.resolved_at)} · ${who(alert.resolved_by)}`]);
  if (alert.closed_at) rows.push([t("standing.closed"), `${at(alert.closed_at)} · ${who(alert.closed_by)}`]);
  if (alert.acknowledged_at)
    rows.push([t("alert.seen_by"), `${who(alert.acknowledged_by)} · ${at(alert.acknowledged_at)}`]);
  if (alert.assigned_to)
    rows.push([
      t("alert.given_to"),
      [alert.assigned_to, alert.assigned_at && at(alert.assigned_at)].filter(Boolean).join(" · "),
    ]);
  rows.push([t("alert.department"), alert.department ? departmentName(alert.department) : t("alert.nobody")]);
  return <Rows rows={rows} />;
}

/** What else is known of it. */
export function MoreFacts({ alert, why }: { alert: Alert; why: WhyAlert | null }) {
  const rows: Row[] = [];
  const others = why?.concerned.filter((c) => c.department !== alert.department) ?? [];
  if (others.length > 0)
    rows.push([
      t("alert.others"),
      others.map((c) => `${departmentName(c.department)} (${word(`role.${c.role}`, c.role)})`).join("; "),
    ]);
  if (alert.sensor_id) rows.push([t("alert.device"), alert.sensor_id]);
  if (alert.incident !== null)
    rows.push([t("alert.part_of"), t("alert.number", { number: alert.incident }), linkTo(alert.incident)]);
  if (alert.escalation > 0) rows.push([t("alert.escalation"), t("alert.level", { level: alert.escalation })]);
  if (alert.raises > 1) rows.push([t("alert.raises"), formatNumber(alert.raises)]);
  if (why)
    rows.push([t("alert.before"), t("alert.before_count", { count: formatNumber(why.before.in_30_days) })]);
  rows.push([t("alert.rule"), `${alert.rule} · ${t("alert.version", { version: alert.rule_version })}`]);
  return <Rows rows={rows} />;
}

function Rows({ rows }: { rows: Row[] }) {
  return (
    <dl class="facts alert-table">
      {rows.map(([name, text, href]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{href ? <a href={href}>{text}</a> : text}</dd>
        </div>
      ))}
    </dl>
  );
}
