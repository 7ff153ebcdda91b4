import type { RankedSensor } from "../api/boards";
import type { Page } from "../api/types";
import { t } from "../i18n";
import { when } from "../parts/moment";
import { useAnswer } from "./asked";
import { type Choice, placeQuery } from "./choice";
import { Ranked } from "./Ranked";

/** Lamps and cabinets that have fallen silent, one by one. */
export function Lost({ choice }: { choice: Choice }) {
  const answer = useAnswer<Page<RankedSensor>>(
    `sensors?domain=lighting&liveness=offline&limit=10${placeQuery(choice)}`,
    60_000,
  ).value;
  return (
    <Ranked
      name="lost"
      title={t("boards.lost")}
      heads={[t("sensor.last_seen")]}
      answer={answer}
      none={t("boards.none_lost")}
      choice={choice}
      rows={(answer.value?.items ?? []).map((one) => ({
        key: one.sensor_id,
        sensor: one,
        cells: [when(one.last_seen)],
      }))}
    >
      {(answer.value?.next ?? null) !== null && <p class="dim">{t("boards.and_more")}</p>}
    </Ranked>
  );
}
