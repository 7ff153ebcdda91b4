import type { IndexRanking } from "../api/boards";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { useAnswer } from "./asked";
import { type Choice, placeQuery } from "./choice";
import { Level } from "./Figures";
import { Ranked } from "./Ranked";

interface Night {
  night_m3h?: number | null;
  day_m3h?: number | null;
}

/** Water that flows when nobody needs any: the least flow of the night as a share of the day's mean. */
export function Leaks({ choice }: { choice: Choice }) {
  const answer = useAnswer<IndexRanking>(
    `rankings/indices?index=night_flow&limit=5${placeQuery(choice)}`,
    60_000,
  ).value;
  return (
    <Ranked
      name="leaks"
      title={t("boards.leaks")}
      hint={t("boards.leaks_hint")}
      heads={[t("boards.night_share"), "m³/h"]}
      answer={answer}
      none={t("boards.no_nights")}
      choice={choice}
      rows={(answer.value?.items ?? []).map(({ item, sensor }) => {
        const facts = (item.details ?? {}) as Night;
        return {
          key: item.sensor_id ?? item.key,
          sensor,
          share: (item.value ?? 0) / 100,
          cells: [
            <span key="share" class="board-index">
              <b>{formatNumber(item.value, 0)} %</b> <Level item={item} />
            </span>,
            <>
              {formatNumber(facts.night_m3h, 1)}
              <span class="dim"> / {formatNumber(facts.day_m3h, 1)}</span>
            </>,
          ],
        };
      })}
    />
  );
}
