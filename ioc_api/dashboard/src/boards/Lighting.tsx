import type { IndexItem, IndexRanking, ReadingRanking, Timetable } from "../api/boards";
import type { Line } from "../charts/model";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { useAnswer, useIndices } from "./asked";
import { Board } from "./Board";
import { indicesOf } from "./boards";
import { type BoardProps, minute } from "./ChartPanel";
import { placeQuery, RANGES, type Subject } from "./choice";
import { Difference, midnight } from "./Energy";
import { Figures } from "./Figures";
import { Lost } from "./Lost";
import { Ranked } from "./Ranked";
import { dueLine, Obeyed, Schedule, settling } from "./Schedule";

interface Lamps {
  lamps?: number;
  known?: number;
  on?: number;
  unreachable?: number;
  faulty?: number;
  kinds?: Readonly<Record<string, number>>;
  named?: readonly { sensor_id: string; fault: string }[];
  day_before_same_kwh?: number | null;
}

const FAULTS = ["dark", "no_power", "low_power", "high_power"] as const;

/** Lamps: whether they burn when they should, which do not, and what that costs. */
export function Lighting(board: BoardProps) {
  const { choice, subjects } = board;
  const indices = useIndices(indicesOf("lighting"), choice).value;
  const of = (index: string, place: Subject): IndexItem | undefined => indices?.get(`${index}/${place.key}`);
  const facts = (item: IndexItem | undefined): Lamps => (item?.details ?? {}) as Lamps;
  const where = placeQuery(choice);
  const end = Math.ceil(minute.value / 3_600_000) * 3_600_000;
  const from = new Date(end - RANGES[choice.range].seconds * 1000 - 86_400_000).toISOString();
  const times = useAnswer<Timetable>(
    `indices/lighting/timetable?from=${from}&to=${new Date(end + 86_400_000).toISOString()}`,
    300_000,
  ).value;
  const dead = useAnswer<IndexRanking>(`rankings/indices?index=lamps_unreachable&limit=10${where}`).value;
  const faulty = useAnswer<IndexRanking>(`rankings/indices?index=lamps_faulty&limit=10${where}`).value;
  const power = useAnswer<ReadingRanking>(
    `rankings/readings?domain=lighting&metric=power&limit=1${where}`,
  ).value;
  // Around dusk and dawn nobody is judged.
  const due = times.value === null || settling(times.value, minute.value) ? null : times.value.due;
  const line: Line[] =
    times.value === null
      ? []
      : [dueLine(times.value, (end - RANGES[choice.range].seconds * 1000) / 1000, minute.value / 1000)];
  return (
    <Board
      board={board}
      extra={{ lamp_on: line }}
      head={
        <Figures
          board={board}
          columns={[
            {
              name: "obeyed",
              title: t("boards.schedule"),
              cell: (place) => <Obeyed item={of("lamps_on", place)} due={due} />,
            },
            {
              name: "faulty",
              title: t("boards.faulty"),
              cell: (place) => (
                <Count item={of("lamps_faulty", place)} n={facts(of("lamps_faulty", place)).faulty} />
              ),
            },
            {
              name: "unreachable",
              title: t("boards.unreachable"),
              cell: (place) => {
                const item = of("lamps_unreachable", place);
                return <Count item={item} n={facts(item).unreachable} />;
              },
            },
            {
              name: "energy",
              title: t("boards.today"),
              cell: (place) => {
                const item = of("lighting_energy", place);
                return (
                  <Difference
                    today={ofToday(item) ? (item?.value ?? null) : null}
                    before={facts(item).day_before_same_kwh ?? null}
                  />
                );
              },
            },
          ]}
        />
      }
      below={
        <>
          <Ranked
            name="faulty"
            title={t("boards.faulty_lamps")}
            hint={t("boards.faulty_hint")}
            heads={[t("boards.faulty")]}
            answer={faulty}
            none={t("boards.none_faulty")}
            choice={choice}
            rows={(faulty.value?.items ?? [])
              .filter(({ item }) => (item.value ?? 0) > 0)
              .map(({ item, sensor }) => ({
                key: item.sensor_id ?? item.key,
                sensor,
                share: (item.value ?? 0) / 100,
                cells: [<Faults key="faults" facts={facts(item)} />],
              }))}
          />
          <Lost choice={choice} />
        </>
      }
      side={
        <>
          <Schedule
            times={times}
            subjects={subjects}
            of={of}
            powerW={choice.sensor === null ? (power.value?.sum ?? null) : null}
          />
          <Ranked
            name="dead"
            title={t("boards.dead_cabinets")}
            heads={[t("boards.lost_lamps")]}
            answer={dead}
            none={t("boards.none_dead")}
            choice={choice}
            rows={(dead.value?.items ?? [])
              .filter(({ item, sensor }) => (item.value ?? 0) > 0 || sensor?.liveness === "offline")
              .map(({ item, sensor }) => ({
                key: item.sensor_id ?? item.key,
                sensor,
                share: (item.value ?? 0) / 100,
                cells: [
                  <>
                    <b>{formatNumber(facts(item).unreachable)}</b>
                    <span class="dim"> / {formatNumber(facts(item).lamps)}</span>
                  </>,
                ],
              }))}
          />
        </>
      }
    />
  );
}

/** Just after midnight the last whole hour is still yesterday's. */
function ofToday(item: IndexItem | undefined): boolean {
  return item?.since ? Date.parse(item.since) / 1000 === midnight(minute.value / 1000 - 60) : false;
}

function Count({ item, n }: { item: IndexItem | undefined; n: number | undefined }) {
  if (!item || item.value === null || n === undefined) return <span class="dim">–</span>;
  return (
    <span class="number" data-value={item.value}>
      <b>{formatNumber(n)}</b> <span class="dim">({formatNumber(item.value, 1)} %)</span>
    </span>
  );
}

/** How many lamps of a cabinet have which fault, and which lamps they are. */
function Faults({ facts }: { facts: Lamps }) {
  const kinds = FAULTS.filter((kind) => (facts.kinds?.[kind] ?? 0) > 0);
  const named = (facts.named ?? []).map((one) => one.sensor_id);
  return (
    <>
      <b>{formatNumber(facts.faulty)}</b>
      <span class="dim"> / {formatNumber(facts.lamps)}</span>
      <span class="dim board-where">
        {kinds.map((kind) => `${t(`lampfault.${kind}`)} ${formatNumber(facts.kinds?.[kind])}`).join(" · ")}
      </span>
      <span class="dim board-where board-named">{named.slice(0, 4).join(", ")}</span>
    </>
  );
}
