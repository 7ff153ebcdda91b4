import { useEffect, useMemo } from "preact/hooks";
import type { Group, Item } from "../api/quarantine";
import { t } from "../i18n";
import { exactly } from "../parts/moment";
import { Trouble } from "../parts/Trouble";
import { Listed } from "../store/lists";
import { detailSaid } from "./said";

/** The messages of a group, the newest first; one of them is looked at. */
export function Items({
  group,
  shown,
  onItem,
}: {
  group: Group;
  shown: number;
  onItem: (id: number) => void;
}) {
  const list = useMemo(() => new Listed<Item>(), []);
  const query = new URLSearchParams({
    reason: group.reason,
    shape: group.shape,
    replayed: "false",
    limit: "20",
  });
  const path = `quarantine?${query}`;
  useEffect(() => void list.read(path), [path, group.sample, group.items]);
  return (
    <details class="group-items">
      <summary>{t("quality.items")}</summary>
      <Trouble list={list} />
      <ul class="item-list">
        {(list.items.value ?? []).map((item) => (
          <li key={item.id}>
            <button
              type="button"
              class="item-button"
              aria-pressed={item.id === shown}
              onClick={() => onItem(item.id)}
            >
              <span class="number">{exactly(item.received_at)}</span>{" "}
              <code>{item.sensor_id ?? item.topic}</code>
              <span class="dim item-why">{detailSaid(item.replay_detail ?? item.detail)}</span>
            </button>
          </li>
        ))}
      </ul>
      {list.next.value !== null && (
        <button type="button" class="alerts-more" onClick={() => list.more(path)}>
          {t("list.more")}
        </button>
      )}
    </details>
  );
}
