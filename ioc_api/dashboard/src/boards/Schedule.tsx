import type { IndexItem, Timetable } from "../api/boards";
import type { Line } from "../charts/model";
import { formatNumber, formatTime } from "../format";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { now } from "../store/clock";
import type { Answer } from "./asked";
import { Panel } from "./ChartPanel";
import type { Subject } from "./choice";
import { AnswerTrouble } from "./Ranked";

/** To the minute: twilight is no more exact. */
function clock(at: string): string {
  return formatTime(Date.parse(at)).slice(0, 5);
}

/** Around dusk and dawn nobody is judged: controllers follow a clock or an eye of their own. */
const SETTLE_MS = 600_000;
/** Lamps that do as they should, %: with fewer the timetable is not obeyed. */
const ENOUGH = 95;

/** When lamps should burn from `fromS` to `toS`, as a line of 0 and 100 with a corner where it changes. */
export function dueLine(table: Timetable, fromS: number, toS: number): Line {
  const changes = table.items
    .flatMap((day) => [
      { at: Date.parse(day.off_at) / 1000, value: 0 },
      { at: Date.parse(day.on_at) / 1000, value: 100 },
    ])
    .sort((a, b) => a.at - b.at);
  const times: number[] = [];
  const values: number[] = [];
  let holds = changes.findLast((one) => one.at <= fromS)?.value ?? 100 - (changes[0]?.value ?? 0);
  const put = (time: number, value: number): void => {
    times.push(time);
    values.push(value);
  };
  put(fromS, holds);
  for (const { at, value } of changes) {
    if (at <= fromS || at >= toS) continue;
    put(at - 1, holds);
    put(at, value);
    holds = value;
  }
  put(toS, holds);
  return { name: t("boards.due"), unit: "%", times, values, tone: "dim", dash: 1, faint: true, digits: 0 };
}

/** Whether lamps change about now. */
export function settling({ items }: Timetable, nowMs: number): boolean {
  return items.some((day) =>
    [day.off_at, day.on_at].some((at) => Math.abs(nowMs - Date.parse(at)) < SETTLE_MS),
  );
}

/** Whether lamps do as they should. null: it cannot be said, or is not judged around dusk and dawn. */
export function obeyed(onShare: number | null, due: boolean | null): boolean | null {
  if (onShare === null || due === null) return null;
  return due ? onShare >= ENOUGH : onShare <= 100 - ENOUGH;
}

/** The share of lamps lit, and whether that is as it should be. */
export function Obeyed({ item, due }: { item: IndexItem | undefined; due: boolean | null }) {
  const share = item?.value ?? null;
  const good = obeyed(share, due);
  if (share === null) return <span class="dim">–</span>;
  return (
    <span class="board-obeyed" data-obeyed={good ?? ""} data-value={share}>
      <b class="number">{formatNumber(share, 1)} %</b>{" "}
      {good !== null && (
        <span>
          <Mark of={good ? "online" : "late"} /> {t(good ? "boards.obeyed" : "boards.not_obeyed")}
        </span>
      )}
    </span>
  );
}

interface Burning {
  off_inside_min?: number;
  lamps_burning_outside?: number;
  lamps_off_inside?: number;
  judged?: number;
}

/** The timetable by the sun, how lamps keep to it now, and how they did yesterday. */
export function Schedule({
  times,
  subjects,
  of,
  powerW,
}: {
  times: Answer<Timetable>;
  subjects: readonly Subject[];
  of: (index: string, place: Subject) => IndexItem | undefined;
  powerW: number | null;
}) {
  const table = times.value;
  const changed = table?.items
    .flatMap((day) => [day.off_at, day.on_at])
    .filter((at) => Date.parse(at) <= now.value);
  const since = changed?.[changed.length - 1];
  return (
    <Panel name="schedule" title={t("boards.schedule_title")} hint={t("boards.twilight")}>
      <AnswerTrouble answer={times} />
      {table !== null && (
        <p class="board-due" data-due={table.due}>
          <b>{t(table.due ? "boards.due_on" : "boards.due_off")}</b>{" "}
          <span class="dim">
            {since !== undefined && t("boards.since", { time: clock(since) })} ·{" "}
            {t(table.due ? "boards.off_at" : "boards.on_at", { time: clock(table.next_change) })}
            {settling(table, now.value) && ` · ${t("boards.settling")}`}
          </span>
        </p>
      )}
      {powerW !== null && (
        <p>
          {t("boards.power_now")}:{" "}
          <b class="number" data-power={powerW}>
            {formatNumber(powerW / 1000, 2)} kW
          </b>
        </p>
      )}
      {subjects.some((place) => of("lighting_hours", place)?.value !== undefined) && (
        <table class="table board-ranked">
          <caption class="dim">{t("boards.yesterday_hours")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("boards.place")}</th>
              <th scope="col" class="right">
                {t("boards.outside")}
              </th>
              <th scope="col" class="right">
                {t("boards.inside")}
              </th>
            </tr>
          </thead>
          <tbody>
            {subjects.map((place) => {
              const item = of("lighting_hours", place);
              const facts = (item?.details ?? {}) as Burning;
              return (
                <tr key={place.key}>
                  <th scope="row">{nameOf(place)}</th>
                  <td class="right number" data-name={t("boards.outside")}>
                    <Minutes minutes={item?.value} lamps={facts.lamps_burning_outside} />
                  </td>
                  <td class="right number" data-name={t("boards.inside")}>
                    <Minutes minutes={facts.off_inside_min} lamps={facts.lamps_off_inside} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Minutes({ minutes, lamps }: { minutes: number | null | undefined; lamps: number | undefined }) {
  if (minutes === null || minutes === undefined) return <span class="dim">–</span>;
  return (
    <>
      {formatNumber(minutes, 1)} {t("boards.minutes")}
      {lamps !== undefined && <span class="dim"> · {t("boards.lamps", { count: formatNumber(lamps) })}</span>}
    </>
  );
}
