import type { IndexItem, ReadingRanking } from "../api/boards";
import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { language } from "../store/prefs";
import { useAnswer, useIndices } from "./asked";
import { Board } from "./Board";
import { type BoardProps, Panel } from "./ChartPanel";
import { linkOf, placeQuery } from "./choice";
import { Figures, Level } from "./Figures";
import { Leaks } from "./Leaks";
import { Ranked } from "./Ranked";

const RIVER = ["river_alarm"] as const;
const OF_SENSORS = ["sensor"] as const;

/** Water: pressure and quality in the mains, leaks by night, and the rivers. */
export function Water(board: BoardProps) {
  const { choice } = board;
  const where = placeQuery(choice);
  const low = useAnswer<ReadingRanking>(
    `rankings/readings?domain=water&metric=pressure_bar&order=lowest&limit=5${where}`,
  ).value;
  const flow = useAnswer<ReadingRanking>(
    `rankings/readings?domain=water&metric=water_flow&limit=5${where}`,
  ).value;
  const most = flow.value?.items[0]?.value ?? 0;
  return (
    <Board
      board={board}
      head={<Figures board={board} columns={[]} />}
      below={
        <Ranked
          name="pressures"
          title={t("boards.low_pressure")}
          heads={["bar"]}
          answer={low}
          none={t("boards.no_data")}
          choice={choice}
          rows={(low.value?.items ?? []).map((one) => ({
            key: one.sensor.sensor_id,
            sensor: one.sensor,
            cells: [<b key="pressure">{formatNumber(one.value, 2)}</b>],
          }))}
        />
      }
      side={
        <>
          <Rivers board={board} />
          <Leaks choice={choice} />
          <Ranked
            name="flows"
            title={t("boards.largest_flows")}
            heads={["m³/h"]}
            answer={flow}
            none={t("boards.no_data")}
            choice={choice}
            rows={(flow.value?.items ?? []).map((one) => ({
              key: one.sensor.sensor_id,
              sensor: one.sensor,
              share: most > 0 ? one.value / most : null,
              cells: [<b key="flow">{formatNumber(one.value, 1)}</b>],
            }))}
          >
            {flow.value !== null && flow.value.sum !== null && (
              <p class="board-total">
                <b class="number">{formatNumber(flow.value.sum, 0)} m³/h</b>{" "}
                <span class="dim">{t("boards.of_meters", { count: formatNumber(flow.value.count) })}</span>
              </p>
            )}
          </Ranked>
        </>
      }
    />
  );
}

interface Gauge {
  station?: { vi: string; en: string; river_vi: string; river_en: string };
  alarms?: readonly number[];
  trend?: { vi: string; en: string } | null;
  trend_cm_h?: number | null;
  to_next?: number | null;
}

/** The rivers against their flood alarms. */
function Rivers({ board }: { board: BoardProps }) {
  const items = useIndices(RIVER, board.choice, OF_SENSORS).value;
  const gauges = [...(items?.values() ?? [])];
  if (items !== null && gauges.length === 0) return null;
  return (
    <Panel name="rivers" title={t("boards.rivers")} hint={gauges[0]?.legal_basis ?? ""}>
      {items === null && <p class="dim list-wait">{t("list.waiting")}</p>}
      {gauges.map((item) => (
        <River key={item.key} item={item} board={board} />
      ))}
    </Panel>
  );
}

function River({ item, board }: { item: IndexItem; board: BoardProps }) {
  const facts = (item.details ?? {}) as Gauge;
  const vi = language.value === "vi";
  const river = vi ? facts.station?.river_vi : facts.station?.river_en;
  const top = Math.max(...(facts.alarms ?? [1])) * 1.1;
  const share = (level: number): string => `${Math.max(0, Math.min(100, (level / top) * 100))}%`;
  return (
    <div class="river" data-river={item.sensor_id} data-level={item.level}>
      <p>
        <a href={linkOf(board.choice, { sensor: item.sensor_id })}>
          {facts.station ? nameOf(facts.station) : item.sensor_id}
        </a>{" "}
        <span class="dim">{river}</span>
        <span class="river-said">
          <b class="number">{formatNumber(item.value, 2)} m</b> <Level item={item} />
        </span>
      </p>
      {item.value !== null && (
        <div class="river-scale" aria-hidden="true">
          <i class="river-water" style={{ width: share(item.value) }} />
          {(facts.alarms ?? []).map((alarm, i) => (
            <i key={alarm} class="river-alarm" style={{ left: share(alarm) }} data-alarm={i + 1}>
              <span>{"I".repeat(i + 1)}</span>
            </i>
          ))}
        </div>
      )}
      <p class="dim">
        {(facts.alarms ?? [])
          .map((alarm, i) => `${"I".repeat(i + 1)} ${formatNumber(alarm, 2)} m`)
          .join(" · ")}
        {facts.trend && ` · ${facts.trend[language.value]} ${formatNumber(facts.trend_cm_h, 1)} cm/h`}
      </p>
    </div>
  );
}
