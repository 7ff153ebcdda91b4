import type { ComponentChildren } from "preact";
import type { Line } from "../charts/model";
import { type BoardProps, ChartPanel } from "./ChartPanel";

/** What all boards have in common: figures of the places, charts, and lists beside them. */
export function Board({
  board,
  head,
  side,
  before,
  below,
  extra,
}: {
  board: BoardProps;
  head: ComponentChildren;
  side: ComponentChildren;
  /** panels ahead of the charts */
  before?: ComponentChildren;
  /** lists after them */
  below?: ComponentChildren;
  /** further lines of a metric's chart */
  extra?: Readonly<Record<string, Line[]>>;
}) {
  return (
    <div class="board" data-board={board.domain.code}>
      {board.choice.sensor === null && head}
      <div class="board-charts">
        {before}
        {board.charts.map((spec) => (
          <ChartPanel
            key={spec.metric}
            spec={spec}
            board={board}
            {...(extra?.[spec.metric] && { extra: extra[spec.metric] as Line[] })}
          />
        ))}
        {board.choice.sensor === null && below}
      </div>
      <div class="board-side">{side}</div>
    </div>
  );
}
