import { type Key, t } from "../i18n";
import { may, wall } from "../store/me";
import { addressOf, PAGES, type PageName, place } from "../store/route";
import { Icon } from "./Icon";

/** What a shift goes to, from the living city to what is behind it. */
const ITEMS: readonly [PageName | null, Key][] = [
  [null, "rail.city"],
  ["boards", "rail.boards"],
  ["desk", "rail.desk"],
  ["history", "rail.history"],
  ["replay", "rail.replay"],
  ["rules", "rail.rules"],
  ["sensors", "rail.sensors"],
  ["quality", "rail.quality"],
  ["handover", "rail.handover"],
];

/** The pages of a shift, always in sight: at the left edge, on a phone at the lower one. */
export function Rail() {
  if (wall.value) return null;
  const here = place.value.page;
  return (
    <nav class="rail" aria-label={t("rail.title")}>
      {ITEMS.filter(([page]) => page === null || may(PAGES[page])).map(([page, text]) => (
        <a
          key={text}
          class="rail-item"
          href={addressOf(page)}
          data-page={page ?? "city"}
          aria-current={here === page ? "page" : undefined}
        >
          <Icon of={page ?? "city"} />
          <span>{t(text)}</span>
        </a>
      ))}
    </nav>
  );
}
