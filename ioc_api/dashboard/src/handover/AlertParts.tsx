import { placeOf, quantity, word } from "../alerts/words";
import { type Alert, SEVERITIES, type Severity } from "../api/alerts";
import type { AlertDeed, Shift, Silence } from "../api/desk";
import { formatMoment, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { now } from "../store/clock";
import { departmentName } from "../store/departments";
import { addressOf } from "../store/route";
import { Block } from "./Block";
import { saidOf } from "./mutes";
import { shift, silences } from "./reading";

/** Rows of a table; of more it is said how many. The gravest come first. */
const MOST = 40;

const at = (time: string): string => formatMoment(Date.parse(time), now.value);

/** What the shift hands over of alerts: what is open, came, ended, what people did, and what is muted. */
export function AlertParts() {
  return (
    <>
      <Block name="figures" title={t("handover.figures")} part={shift.value}>
        {(found) => <Figures shift={found} />}
      </Block>
      <Block name="open" title={t("handover.open")} part={shift.value}>
        {({ open }) => <Alerts list={open.items} count={open.count} none={t("handover.none_open")} />}
      </Block>
      <Block name="opened" title={t("handover.opened")} part={shift.value}>
        {({ opened }) => <Alerts list={opened.items} count={opened.count} none={t("handover.none_opened")} />}
      </Block>
      <Block name="deeds" title={t("handover.deeds")} part={shift.value}>
        {({ deeds }) => <Deeds deeds={deeds} />}
      </Block>
      <Block name="silences" title={t("handover.silences")} part={silences.value}>
        {(list) => <Silences list={list} />}
      </Block>
    </>
  );
}

function Figures({ shift: found }: { shift: Shift }) {
  const rows = [
    ["open", found.open],
    ["opened", found.opened],
    ["ended", found.ended],
  ] as const;
  return (
    <div class="table-box">
      <table class="table handover-figures">
        <thead>
          <tr>
            <th scope="col">{t("handover.alerts")}</th>
            {SEVERITIES.map((severity) => (
              <th key={severity} scope="col" class="right">
                <SeverityMark of={severity} /> {t(`severity.${severity}`)}
              </th>
            ))}
            <th scope="col" class="right">
              {t("handover.all")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, list]) => (
            <tr key={name} data-row={name}>
              <th scope="row">{t(`shift.${name}`)}</th>
              {SEVERITIES.map((severity: Severity) => (
                <td key={severity} class="number right" data-name={t(`severity.${severity}`)}>
                  {formatNumber(list.severities[severity] ?? 0)}
                </td>
              ))}
              <td class="number right" data-name={t("handover.all")}>
                <strong>{formatNumber(list.count)}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Alerts({ list, count, none }: { list: Alert[]; count: number; none: string }) {
  if (count === 0) return <p class="dim">{none}</p>;
  return (
    <>
      <div class="table-box">
        <table class="table handover-alerts">
          <thead>
            <tr>
              <th scope="col">{t("handover.number")}</th>
              <th scope="col">{t("handover.alert")}</th>
              <th scope="col">{t("handover.measured")}</th>
              <th scope="col">{t("handover.since")}</th>
              <th scope="col">{t("handover.standing")}</th>
            </tr>
          </thead>
          <tbody>
            {list.slice(0, MOST).map((alert) => (
              <tr key={alert.id} data-alert={alert.id}>
                <td class="number">
                  <a href={addressOf("desk", String(alert.id))}>{alert.id}</a>
                </td>
                <td>
                  <SeverityMark of={alert.severity} />
                  <span class="unseen">{t(`severity.${alert.severity}`)}</span> <b>{nameOf(alert)}</b>{" "}
                  <span class="dim">{placeOf(alert).join(" · ")}</span>
                </td>
                <td class="number" data-name={t("handover.measured")}>
                  {quantity(alert.value, alert)}
                </td>
                <td class="number" data-name={t("handover.since")}>
                  {at(alert.started_at)}
                </td>
                <td>
                  {t(`standing.${alert.state}`)}
                  {(alert.assigned_to ?? alert.acknowledged_by) && (
                    <span class="dim"> · {alert.assigned_to ?? alert.acknowledged_by}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {count > MOST && <p class="dim">{t("desk.and_more", { count: formatNumber(count - MOST) })}</p>}
    </>
  );
}

function Deeds({ deeds }: { deeds: Shift["deeds"] }) {
  if (deeds.count === 0) return <p class="dim">{t("handover.none_deeds")}</p>;
  return (
    <>
      <ul class="handover-people">
        {deeds.people.map(({ actor, done }) => (
          <li key={actor}>
            <b>{actor}</b>:{" "}
            {Object.entries(done)
              .map(([what, count]) => `${word(`did.${what}`, what)} ${formatNumber(count)}`)
              .join(", ")}
          </li>
        ))}
      </ul>
      <div class="table-box">
        <table class="table handover-deeds">
          <thead>
            <tr>
              <th scope="col">{t("handover.at")}</th>
              <th scope="col">{t("handover.who")}</th>
              <th scope="col">{t("handover.what")}</th>
              <th scope="col">{t("handover.alert")}</th>
            </tr>
          </thead>
          <tbody>
            {deeds.items.slice(0, MOST).map((one) => (
              <Deed key={one.id} one={one} />
            ))}
          </tbody>
        </table>
      </div>
      {deeds.count > MOST && (
        <p class="dim">{t("handover.more_deeds", { count: formatNumber(deeds.count - MOST) })}</p>
      )}
    </>
  );
}

function Deed({ one }: { one: AlertDeed }) {
  return (
    <tr data-deed={one.what}>
      <td class="number">{at(one.at)}</td>
      <td>{one.actor}</td>
      <td>
        {word(`flip.${one.what}`, one.what, { to: one.given_to ?? "–" })}
        {one.note && <q class="said">{one.note}</q>}
      </td>
      <td>
        <a href={addressOf("desk", String(one.alert))}>{one.alert}</a> {nameOf(one)}{" "}
        <span class="dim">{one.sensor_id ?? one.zone ?? one.area}</span>
      </td>
    </tr>
  );
}

function Silences({ list }: { list: Silence[] }) {
  const there = list.filter((one) => one.state !== "over");
  if (there.length === 0) return <p class="dim">{t("handover.none_silences")}</p>;
  return (
    <ul class="handover-silences">
      {there.slice(0, MOST).map((one) => (
        <li key={one.id} data-silence={one.id}>
          <b>{saidOf(one.matcher, departmentName)}</b>: {one.reason}{" "}
          <span class="dim">
            {one.state === "planned"
              ? t("handover.planned", { author: one.author, from: at(one.starts_at), time: at(one.ends_at) })
              : t("handover.in_force", { author: one.author, time: at(one.ends_at) })}
          </span>
        </li>
      ))}
    </ul>
  );
}
