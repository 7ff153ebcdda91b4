import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { IndexItem, IndexRanking } from "../api/boards";
import { getAll } from "../api/http";
import type { Line } from "../charts/model";
import { nameOf, t } from "../i18n";
import { now } from "../store/clock";
import { AirCard, AqiChip, POLLUTANTS } from "./AirCard";
import { type Answer, useAnswer, useIndices } from "./asked";
import { Board } from "./Board";
import { indicesOf } from "./boards";
import { type BoardProps, Drawn, Panel } from "./ChartPanel";
import { placeQuery, RANGES, type Subject } from "./choice";
import { Exceedances } from "./Exceedances";
import { Figures } from "./Figures";
import { everyMinutes, said } from "./feed";
import { limitsOf } from "./limits";
import { Noise } from "./Noise";
import { Ranked } from "./Ranked";

/** The key of a place's VN_AQI. */
function keyOf(place: Subject): string {
  return place.zone !== null ? `vn_aqi_hourly/zone/${place.zone}` : `vn_aqi_hourly/area/${place.area}`;
}

/** The air, in the scale and the colours of Quyết định 1459/QĐ-TCMT, and noise. */
export function Air(board: BoardProps) {
  const { choice, subjects } = board;
  const indices = useIndices(indicesOf("environment"), choice).value;
  const of = (place: Subject): IndexItem | undefined => indices?.get(keyOf(place));
  const there = subjects.flatMap((place) => {
    const item = of(place);
    return item ? [{ place, item }] : [];
  });
  // Of many wards the worst one speaks; of two areas both do.
  const worst = [...there].sort((a, b) => (b.item.value ?? -1) - (a.item.value ?? -1));
  const cards = there.length <= 2 ? there : worst.slice(0, 1);
  const stations = useAnswer<IndexRanking>(
    `rankings/indices?index=vn_aqi_hourly&limit=8${placeQuery(choice)}`,
    60_000,
  ).value;
  return (
    <Board
      board={board}
      head={
        <Figures
          board={board}
          columns={[
            { name: "vn_aqi", title: t("boards.vn_aqi"), cell: (place) => <AqiChip item={of(place)} /> },
          ]}
        />
      }
      before={<AqiChart board={board} />}
      below={
        <>
          <Exceedances choice={choice} />
          <Noise choice={choice} />
        </>
      }
      side={
        <>
          {indices !== null && there.length === 0 && (
            <Panel name="air" title={t("boards.vn_aqi")}>
              <p class="dim">{t("boards.no_aqi")}</p>
            </Panel>
          )}
          {cards.map(({ place, item }) => (
            <AirCard key={place.key} place={place} item={item} />
          ))}
          <Ranked
            name="stations"
            title={t("boards.worst_stations")}
            heads={[t("boards.vn_aqi"), t("boards.dominant")]}
            answer={stations}
            none={t("boards.no_aqi")}
            choice={choice}
            rows={(stations.value?.items ?? []).map(({ item, sensor }) => ({
              key: item.sensor_id ?? item.key,
              sensor,
              cells: [
                <AqiChip key="chip" item={item} />,
                POLLUTANTS[String(item.details?.dominant ?? "")] ?? "–",
              ],
            }))}
          />
        </>
      }
    />
  );
}

interface AirHour {
  area: string;
  zone: string | null;
  at: string;
  index: number | null;
  station: { sensor_id: string };
}

/** The bands of the Decision, as far as a chart shows them. */
const BANDS = [
  { from: 0, to: 50, colour: "#00e400" },
  { from: 50, to: 100, colour: "#ffff00" },
  { from: 100, to: 150, colour: "#ff7e00" },
  { from: 150, to: 200, colour: "#ff0000" },
  { from: 200, to: 300, colour: "#8f3f97" },
  { from: 300, to: 500, colour: "#7e0023" },
] as const;

/** VN_AQI hour by hour, over the bands of the scale. */
function AqiChart({ board }: { board: BoardProps }) {
  const { choice, subjects, rules } = board;
  const hours = useSignal<Answer<AirHour[]>>({ value: null, trouble: null });
  // An hourly figure says nothing over one hour.
  const range = choice.range === "1h" || choice.range === "6h" ? "24h" : choice.range;
  const by = choice.sensor !== null ? "station" : subjects[0]?.zone !== null ? "zone" : "area";
  const where = choice.sensor !== null ? `&sensor=${encodeURIComponent(choice.sensor)}` : placeQuery(choice);
  useEffect(() => {
    let over = false;
    hours.value = { value: null, trouble: null };
    const read = (): void => {
      const from = new Date(now.peek() - RANGES[range].seconds * 1000).toISOString();
      getAll<AirHour>(`indices/air?kind=hourly&by=${by}&from=${from}${where}&limit=1000`)
        .then((value) => {
          if (!over) hours.value = { value, trouble: null };
        })
        .catch((cause: unknown) => {
          if (!over) hours.value = { value: hours.peek().value, trouble: said(cause) };
        });
    };
    read();
    const stop = everyMinutes(read);
    return () => {
      over = true;
      stop();
    };
  }, [range, by, where]);
  const { value, trouble } = hours.value;
  const lines = subjects.flatMap((place, i): Line[] => {
    const mine = (value ?? []).filter((one) =>
      place.sensor !== null ? one.station.sensor_id === place.sensor : (one.zone ?? one.area) === place.key,
    );
    if (mine.every((one) => one.index === null)) return [];
    const times = mine.map((one) => Date.parse(one.at) / 1000);
    return [
      {
        name: nameOf(place),
        unit: "VN_AQI",
        times,
        values: mine.map((one) => one.index),
        tone: i,
        every: 3600,
      },
    ];
  });
  const limits = limitsOf(rules, {
    domain: "environment",
    index: "vn_aqi_hourly",
    area: choice.area,
    zone: choice.zone,
    sensor: null,
    stepS: 3600,
  });
  return (
    <Panel name="vn_aqi" title={t("boards.vn_aqi_hours")} hint="QĐ 1459/QĐ-TCMT">
      <Drawn
        label={t("boards.vn_aqi_hours")}
        lines={lines}
        limits={limits}
        factor={1}
        unit=""
        digits={0}
        choice={{ ...choice, range }}
        floor={0}
        bands={BANDS}
        waiting={value === null}
        trouble={trouble}
      />
    </Panel>
  );
}
