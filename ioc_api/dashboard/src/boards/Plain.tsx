import type { ReadingRanking } from "../api/boards";
import type { Metric } from "../api/types";
import { headlineMetrics, mannerOf } from "../city/headline";
import { formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { useAnswer } from "./asked";
import { Board } from "./Board";
import type { BoardProps } from "./ChartPanel";
import { type Choice, placeQuery } from "./choice";
import { Figures } from "./Figures";
import { Ranked } from "./Ranked";

/** The board of a domain that nobody has described: its metrics over time, and who has the highest and the lowest. */
export function Plain(board: BoardProps) {
  const first = headlineMetrics(board.domain).filter((metric) => metric.kind === "gauge")[0];
  return (
    <Board
      board={board}
      head={<Figures board={board} columns={[]} />}
      side={
        first && (
          <>
            <Extremes domain={board.domain.code} metric={first} order="highest" choice={board.choice} />
            <Extremes domain={board.domain.code} metric={first} order="lowest" choice={board.choice} />
          </>
        )
      }
    />
  );
}

function Extremes({
  domain,
  metric,
  order,
  choice,
}: {
  domain: string;
  metric: Metric;
  order: "highest" | "lowest";
  choice: Choice;
}) {
  const path = `rankings/readings?domain=${domain}&metric=${metric.name}&order=${order}&limit=8${placeQuery(choice)}`;
  const answer = useAnswer<ReadingRanking>(path).value;
  const { factor, unit, digits } = mannerOf(metric);
  return (
    <Ranked
      name={order}
      title={`${nameOf(metric)}: ${t(order === "highest" ? "boards.highest" : "boards.lowest")}`}
      heads={[unitOf(unit)]}
      answer={answer}
      none={t("boards.no_data")}
      choice={choice}
      rows={(answer.value?.items ?? []).map((one) => ({
        key: one.sensor.sensor_id,
        sensor: one.sensor,
        cells: [<b key="value">{formatNumber(one.value * factor, digits)}</b>],
      }))}
    />
  );
}
