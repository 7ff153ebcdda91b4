import type { Alert, WhyAlert } from "../api/alerts";
import { formatAge, formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { grantText } from "../people/grants";
import { departmentName } from "../store/departments";
import { me } from "../store/me";
import { linkTo } from "../store/route";
import { at } from "./AlertFacts";
import { limitOf, quantity, who, word } from "./words";

/** Why it is there, why it is here, and whether it is new: in sentences. */
export function Why({ alert, why }: { alert: Alert; why: WhyAlert }) {
  const { rule, before, concerned } = why;
  const limit = limitOf(alert);
  const held = rule.for_s ? t("why.held", { time: formatAge(rule.for_s) }) : "";
  const handling = concerned.filter((one) => one.role === "handles");
  const others = concerned.filter((one) => one.role !== "handles");
  const named = (list: typeof concerned): string =>
    list.map((one) => `${departmentName(one.department)} (${word(`role.${one.role}`, one.role)})`).join("; ");
  const made = rule.made_by
    ? t("why.made", { who: who(rule.made_by), time: rule.made_at ? at(rule.made_at) : "–" })
    : "";
  const mine = me.value?.grants ?? [];
  return (
    <>
      <h3>{t("why.title")}</h3>
      <ul class="why" data-why={alert.id}>
        <li>
          {t("why.rule", { name: nameOf(alert), version: alert.rule_version })} {made}
          {rule.version_now !== null && rule.version_now !== rule.version && (
            <> {t("why.newer", { version: rule.version_now })}</>
          )}
        </li>
        <li>
          {[t("why.value", { value: quantity(alert.value, alert) }), limit, held].filter(Boolean).join(", ")}
        </li>
        <li>
          {handling.length > 0 ? t("why.handled", { departments: named(handling) }) : t("why.unhandled")}
          {others.length > 0 && ` ${t("why.others", { departments: named(others) })}`}
        </li>
        {mine.length > 0 && <li>{t("why.you", { grants: mine.map(grantText).join("; ") })}</li>}
        <li>
          {before.in_30_days === 0
            ? t("why.first")
            : t("why.before", { count: formatNumber(before.in_30_days) })}{" "}
          {before.last.slice(0, 3).map((one) => (
            <a key={one.id} class="why-before number" href={linkTo(one.id)}>
              {at(one.started_at)}
            </a>
          ))}
        </li>
      </ul>
    </>
  );
}
