import type { IndexRanking, ReadingRanking } from "../api/boards";
import { formatNumber } from "../format";
import { half, t } from "../i18n";
import { useAnswer, useIndices } from "./asked";
import { Board } from "./Board";
import { indicesOf } from "./boards";
import type { BoardProps } from "./ChartPanel";
import { placeQuery } from "./choice";
import { Figures, IndexCell, Level } from "./Figures";
import { LevelBar } from "./LevelBar";
import { Ranked } from "./Ranked";

interface RoadDetails {
  speed?: number;
  free_flow?: { speed: number } | null;
}

/** Roads: how freely traffic goes, and where it does not. */
export function Traffic(board: BoardProps) {
  const { choice } = board;
  const tti = useIndices(indicesOf("traffic"), choice).value;
  const where = placeQuery(choice);
  const roads = useAnswer<IndexRanking>(`rankings/indices?index=los&limit=10${where}`).value;
  const unrated = roads.value !== null && roads.value.count === 0;
  return (
    <Board
      board={board}
      head={
        <Figures
          board={board}
          columns={[
            {
              name: "tti",
              title: t("boards.tti"),
              cell: (place) => <IndexCell item={tti?.get(`tti/${place.key}`)} digits={2} />,
            },
          ]}
        />
      }
      side={
        <>
          <Ranked
            name="roads"
            title={t("boards.worst_roads")}
            hint={t("boards.los_hint")}
            heads={[t("boards.los"), t("boards.speed_of_free")]}
            answer={roads}
            none={t("boards.roads_unrated")}
            choice={choice}
            rows={(roads.value?.items ?? []).map(({ item, sensor }) => {
              const facts = (item.details ?? {}) as RoadDetails;
              return {
                key: item.sensor_id ?? item.key,
                sensor,
                share: (item.value ?? 0) / 100,
                cells: [
                  <Level key="level" item={item} short />,
                  <>
                    <b>{formatNumber(facts.speed, 0)}</b>
                    <span class="dim">
                      {" "}
                      / {formatNumber(facts.free_flow?.speed, 0)} km/h · {formatNumber(item.value, 0)} %
                    </span>
                  </>,
                ],
              };
            })}
          >
            {roads.value !== null && roads.value.count > 0 && (
              <LevelBar levels={roads.value.levels} items={roads.value.items} />
            )}
            {roads.value !== null && roads.value.unsaid > 0 && (
              <p class="dim">
                {t("boards.not_rated", { count: formatNumber(roads.value.unsaid) })}{" "}
                {half(Object.keys(roads.value.reasons)[0] ?? "")}
              </p>
            )}
          </Ranked>
          {unrated && <Slowest board={board} />}
        </>
      }
    />
  );
}

/** As long as no road is rated: the slowest ones. */
function Slowest({ board }: { board: BoardProps }) {
  const path = `rankings/readings?domain=traffic&metric=speed&order=lowest&limit=10${placeQuery(board.choice)}`;
  const slow = useAnswer<ReadingRanking>(path).value;
  return (
    <Ranked
      name="slowest"
      title={t("boards.slowest_roads")}
      heads={[t("boards.speed")]}
      answer={slow}
      none={t("boards.no_data")}
      choice={board.choice}
      rows={(slow.value?.items ?? []).map((one) => ({
        key: one.sensor.sensor_id,
        sensor: one.sensor,
        cells: [<b key="speed">{formatNumber(one.value, 0)} km/h</b>],
      }))}
    />
  );
}
