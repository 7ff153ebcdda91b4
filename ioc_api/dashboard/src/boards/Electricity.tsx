import type { ReadingRanking } from "../api/boards";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { useAnswer } from "./asked";
import { Board } from "./Board";
import type { BoardProps } from "./ChartPanel";
import { placeQuery } from "./choice";
import { EnergyPanel } from "./Energy";
import { Figures } from "./Figures";
import { Ranked } from "./Ranked";

/** Electricity: what is drawn now, by whom, and how good the voltage is. */
export function Electricity(board: BoardProps) {
  const { choice, subjects } = board;
  const where = placeQuery(choice);
  const power = useAnswer<ReadingRanking>(
    `rankings/readings?domain=electricity&metric=power&limit=10${where}`,
  ).value;
  const low = useAnswer<ReadingRanking>(
    `rankings/readings?domain=electricity&metric=voltage&order=lowest&limit=6${where}`,
  ).value;
  const most = power.value?.items[0]?.value ?? 0;
  return (
    <Board
      board={board}
      head={<Figures board={board} columns={[]} />}
      before={<EnergyPanel domain="electricity" subjects={subjects} />}
      below={
        <Ranked
          name="voltages"
          title={t("boards.low_voltage")}
          heads={["V"]}
          answer={low}
          none={t("boards.no_data")}
          choice={choice}
          rows={(low.value?.items ?? []).map((one) => ({
            key: one.sensor.sensor_id,
            sensor: one.sensor,
            cells: [<b key="voltage">{formatNumber(one.value, 1)}</b>],
          }))}
        />
      }
      side={
        <Ranked
          name="consumers"
          title={t("boards.consumers")}
          heads={[t("boards.power_now")]}
          answer={power}
          none={t("boards.no_data")}
          choice={choice}
          rows={(power.value?.items ?? []).map((one) => ({
            key: one.sensor.sensor_id,
            sensor: one.sensor,
            share: most > 0 ? one.value / most : null,
            cells: [<b key="power">{formatNumber(one.value / 1000, 1)} kW</b>],
          }))}
        >
          {power.value !== null && (
            <p class="board-total">
              <b class="number" data-power={power.value.sum}>
                {formatNumber(power.value.sum === null ? null : power.value.sum / 1000, 0)} kW
              </b>{" "}
              <span class="dim">{t("boards.of_meters", { count: formatNumber(power.value.count) })}</span>
            </p>
          )}
        </Ranked>
      }
    />
  );
}
