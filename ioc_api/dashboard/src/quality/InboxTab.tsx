import { word } from "../alerts/words";
import type { Group } from "../api/quarantine";
import type { Page } from "../api/types";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { when } from "../parts/moment";
import { addressOf, go, note, place } from "../store/route";
import { GroupView } from "./GroupView";
import { useReading } from "./reading";
import { Standing } from "./Standing";
import { formSaid } from "./said";
import { fromWhere } from "./words";

const EVERY_MS = 10_000;
/** In the order of the API: a message is filed under the first that holds. */
const REASONS = [
  "bad_topic", "too_large", "malformed", "undecoded", "unknown_sensor", "retained_stale", "future", "too_old",
  "unknown_metric", "bad_value", "out_of_range", "flood",
] as const; // biome-ignore format: one list

interface Groups extends Page<Group> {
  unsorted: number;
}

const keyOf = (group: { reason: string; shape: string }): string => `${group.reason}.${group.shape}`;

/** Messages that could not be stored, by what is wrong and what they look like; one of these groups beside the list. */
export function InboxTab() {
  const { query } = place.value;
  const chosen = query.get("group");
  const seen = query.get("seen") === "true";
  const reason = query.get("reason") ?? "";
  const asked = new URLSearchParams({ limit: "200", seen: String(seen) });
  if ((REASONS as readonly string[]).includes(reason)) asked.set("reason", reason);
  const list = useReading<Groups>(`quarantine/shapes?${asked}`, EVERY_MS);
  const groups = list.value.value?.items ?? [];
  const filter = (part: Record<string, string>): void =>
    note("quality", "quarantine", { ...Object.fromEntries(query), ...part });
  return (
    <div class="beside inbox" data-open={chosen !== null}>
      <section class="card" aria-busy={list.value.value === null}>
        <p class="dim">{t("quality.inbox_help")}</p>
        <div class="filters">
          <div class="field">
            <label for="inbox-reason">{t("quality.reason")}</label>
            <select
              id="inbox-reason"
              name="reason"
              value={reason}
              onChange={(event) => filter({ reason: event.currentTarget.value })}
            >
              <option value="">{t("quality.any")}</option>
              {REASONS.map((one) => (
                <option key={one} value={one}>
                  {word(`quarantine.${one}`, one)}
                </option>
              ))}
            </select>
          </div>
          <div class="field">
            <label for="inbox-seen">{t("quality.which")}</label>
            <select
              id="inbox-seen"
              name="seen"
              value={String(seen)}
              onChange={(event) => filter({ seen: event.currentTarget.value })}
            >
              <option value="false">{t("quality.unseen")}</option>
              <option value="true">{t("quality.left")}</option>
            </select>
          </div>
        </div>
        <Standing of={list} />
        {list.value.value !== null && groups.length === 0 && (
          <p class="quality-calm">{t(seen ? "quality.none_left" : "quality.none")}</p>
        )}
        {groups.length > 0 && <List groups={groups} chosen={chosen} />}
        {(list.value.value?.unsorted ?? 0) > 0 && (
          <p class="dim">{t("quality.unsorted", { count: formatNumber(list.value.value?.unsorted) })}</p>
        )}
        {list.value.value?.next != null && <p class="dim">{t("quality.more_groups")}</p>}
      </section>
      {chosen !== null && <GroupView key={chosen} name={chosen} onChange={list.again} />}
    </div>
  );
}

function List({ groups, chosen }: { groups: Group[]; chosen: string | null }) {
  const { query } = place.value;
  const to = (group: Group): string =>
    addressOf("quality", "quarantine", { ...Object.fromEntries(query), group: keyOf(group) });
  return (
    <ul class="groups">
      {groups.map((group) => (
        <li
          key={keyOf(group)}
          class="group-row"
          data-group={keyOf(group)}
          aria-current={keyOf(group) === chosen ? "true" : undefined}
        >
          <a href={to(group)} class="group-link">
            <span class="group-why">{word(`quarantine.${group.reason}`, group.reason)}</span>
            <span class="group-count number">{formatNumber(group.items)}</span>
            <span class="group-where">{fromWhere(group.pattern)}</span>
            <span class="group-when dim">{when(group.last)}</span>
            <code class="group-form">{formSaid(group.form)}</code>
          </a>
          {group.waiting > 0 && (
            <span class="badge">{t("quality.waiting", { count: formatNumber(group.waiting) })}</span>
          )}
          {group.seen_before !== null && <span class="badge">{t("quality.seen_before")}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Back to the list, on a phone. */
export function closeGroup(): void {
  const rest = Object.fromEntries(place.peek().query);
  delete rest.group;
  go("quality", "quarantine", rest);
}
