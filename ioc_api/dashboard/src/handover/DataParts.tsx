import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { when } from "../parts/moment";
import { counts } from "../store/counts";
import { domains, zones } from "../store/registry";
import { Block } from "./Block";
import { balance, type Distrusted, type Out, out, type Quality, quality, type Sheet } from "./reading";

/** What the shift hands over of data: sensors that are silent, whom not to trust, and whether the books balance. */
export function DataParts() {
  return (
    <>
      <Block name="sensors" title={t("handover.sensors")} part={out.value}>
        {(list) => <Silent list={list} />}
      </Block>
      <Block name="quality" title={t("handover.quality")} part={quality.value}>
        {(found) => <Trust found={found} />}
      </Block>
      {balance.value !== null && (
        <Block name="balance" title={t("handover.balance")} part={balance.value}>
          {(sheet) => <Books sheet={sheet} />}
        </Block>
      )}
    </>
  );
}

function where({ zone, domain }: { zone: string | null; domain: string }): string {
  const ward = zones.value.find((one) => one.code === zone);
  const field = domains.value.find((one) => one.code === domain);
  return [ward ? nameOf(ward) : zone, field ? nameOf(field) : domain].filter(Boolean).join(" · ");
}

function Silent({ list }: { list: Out[] }) {
  const all = counts.of();
  return (
    <>
      <p>
        {t("handover.sensor_counts", {
          all: formatNumber(all.sensors),
          online: formatNumber(all.online),
          late: formatNumber(all.late),
          offline: formatNumber(all.offline),
          never: formatNumber(all.never_seen),
          maintenance: formatNumber(all.maintenance),
        })}
      </p>
      {list.length > 0 && (
        <ul class="handover-sensors">
          {list.map((one) => (
            <li key={one.sensor_id}>
              <b>{one.sensor_id}</b>{" "}
              <span class="dim">
                {where(one)} · {t("handover.last_seen", { time: when(one.last_seen) })}
              </span>
            </li>
          ))}
        </ul>
      )}
      {all.offline > list.length && list.length > 0 && (
        <p class="dim">{t("handover.more_sensors", { count: formatNumber(all.offline - list.length) })}</p>
      )}
    </>
  );
}

function Trust({ found }: { found: Quality }) {
  return (
    <>
      <p>
        {t("handover.quality_counts", {
          trusted: formatNumber(found.trusted),
          untrusted: formatNumber(found.untrusted),
          unknown: formatNumber(found.unknown),
        })}
      </p>
      {found.worst.length > 0 && (
        <ul class="handover-sensors">
          {found.worst.map((one: Distrusted) => (
            <li key={one.sensor_id}>
              <b>{one.sensor_id}</b>{" "}
              <span class="dim">
                {where(one)}
                {one.reasons[0] && ` · ${nameOf(one.reasons[0])}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Books({ sheet }: { sheet: Sheet }) {
  return (
    <>
      <p>
        {t("handover.books", {
          messages: formatNumber(sheet.messages),
          decoded: formatNumber(sheet.decoded),
          stored: formatNumber(sheet.stored),
          duplicate: formatNumber(sheet.duplicate),
          quarantined: formatNumber(sheet.quarantined),
        })}
      </p>
      <p data-balance={sheet.adds_up} class={sheet.adds_up ? "dim" : "list-trouble"}>
        {t(sheet.adds_up ? "handover.adds_up" : "handover.adds_not_up")}
      </p>
    </>
  );
}
