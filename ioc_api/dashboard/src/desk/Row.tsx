import { Badges, Standing } from "../alerts/AlertRow";
import { limitOf, placeOf, quantity } from "../alerts/words";
import { formatAge, formatMoment, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { isOpen } from "../store/alerts";
import { now } from "../store/clock";
import { departmentName } from "../store/departments";
import type { Row } from "./rows";

interface Props {
  row: Row;
  /** from 1, and from the top of the list in pixels */
  index: number;
  top: number;
  current: boolean;
  looked: boolean;
  ticked: boolean;
  open: boolean;
  /** whether somebody may act, so that choosing makes sense */
  acts: boolean;
  onOpen: () => void;
  onTick: (range: boolean) => void;
  onFold: () => void;
}

/** One alert of the desk in a line; on a phone a small card. */
export function DeskRow(props: Props) {
  const { row, index, top, current, looked, ticked, open, acts, onOpen, onTick, onFold } = props;
  const { alert, depth, within } = row;
  const place = placeOf(alert).join(" · ");
  const since = Date.parse(alert.started_at);
  const limit = limitOf(alert);
  const department = alert.department ? departmentName(alert.department) : t("alert.nobody");
  const given = alert.assigned_to ?? alert.acknowledged_by;
  return (
    <tr
      class="desk-row"
      style={{ top: `${top}px` }}
      aria-rowindex={index}
      data-ticked={ticked}
      aria-current={looked ? "true" : undefined}
      tabIndex={current ? 0 : -1}
      data-alert={alert.id}
      data-severity={alert.severity}
      data-state={alert.state}
      data-current={current}
      data-depth={depth}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest("button, label, input")) onOpen();
      }}
    >
      <td class="desk-tick">
        {acts && (
          <label>
            <input
              type="checkbox"
              tabIndex={-1}
              checked={ticked}
              aria-label={t("desk.select", { name: nameOf(alert), number: alert.id })}
              onClick={(event) => {
                event.preventDefault();
                onTick(event.shiftKey);
              }}
            />
          </label>
        )}
      </td>
      <td class="desk-mark" title={t(`severity.${alert.severity}`)}>
        <SeverityMark of={alert.severity} />
        <span class="unseen">{t(`severity.${alert.severity}`)}</span>
      </td>
      <td class="desk-what">
        <strong>{nameOf(alert)}</strong>
        <span class="desk-where" title={place}>
          {place}
        </span>
      </td>
      <td class="desk-value number">
        <b>{quantity(alert.value, alert)}</b>
        {limit && <span class="dim">{limit}</span>}
      </td>
      <td class="desk-standing">
        <span class="desk-badges">
          <Standing alert={alert} />
          <Badges alert={alert} folded={depth === 1} />
        </span>
        {given && <span class="dim desk-given">{given}</span>}
      </td>
      <td class="desk-department dim" title={department}>
        {department}
      </td>
      <td class="desk-time number">
        <span>{isOpen(alert) ? formatAge((now.value - since) / 1000) : t(`standing.${alert.state}`)}</span>
        <time class="dim" dateTime={alert.started_at}>
          {formatMoment(since, now.value)}
        </time>
      </td>
      <td class="desk-fold">
        {within.length > 0 && (
          <button
            type="button"
            tabIndex={-1}
            aria-expanded={open}
            aria-label={t("alerts.children", { count: formatNumber(within.length) })}
            title={t("alerts.children", { count: formatNumber(within.length) })}
            onClick={onFold}
          >
            <span class="number">+{formatNumber(within.length)}</span>
            <i class="fold-sign" aria-hidden="true" />
          </button>
        )}
      </td>
    </tr>
  );
}
