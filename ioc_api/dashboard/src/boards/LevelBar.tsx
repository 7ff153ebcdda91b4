import type { IndexRanking } from "../api/boards";
import { formatNumber } from "../format";
import { t } from "../i18n";

/** The colours of the levels of service, as the API names them (city/data/level_of_service.toml); greys where unknown. */
const COLOURS: Readonly<Record<string, string>> = {
  A: "#1a9850",
  B: "#91cf60",
  C: "#d9ef8b",
  D: "#fee08b",
  E: "#fc8d59",
  F: "#d73027",
};

/** How many figures there are of each level, side by side. */
export function LevelBar({
  levels,
  items,
}: {
  levels: Readonly<Record<string, number>>;
  items: IndexRanking["items"];
}) {
  const known = new Map(items.map(({ item }) => [item.level ?? "", item.colour ?? ""]));
  const order = Object.keys(levels).sort();
  return (
    <ul class="board-levels" aria-label={t("boards.levels")}>
      {order.map((level) => (
        <li key={level} data-level={level} style={{ flexGrow: levels[level] ?? 0 }}>
          <i
            style={{ background: known.get(level) || COLOURS[level] || "var(--line-strong)" }}
            aria-hidden="true"
          />
          <span>
            <b>{level}</b> <span class="number">{formatNumber(levels[level])}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
