import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Steps } from "../api/boards";
import { get } from "../api/http";
import { Chart } from "../charts/Chart";
import type { Line } from "../charts/model";
import { formatNumber } from "../format";
import { half, t } from "../i18n";
import { now } from "../store/clock";
import type { Answer } from "./asked";
import { minute, Panel } from "./ChartPanel";
import type { Subject } from "./choice";
import { everyMinutes, onReturn, said } from "./feed";
import { summed } from "./rows";

const HOUR_S = 3_600;
const DAY_S = 86_400;
const CITY_S = 7 * HOUR_S;

/** The begin of the city day (s) that a moment lies in. */
export function midnight(atS: number): number {
  return Math.floor((atS + CITY_S) / DAY_S) * DAY_S - CITY_S;
}

interface TwoDays {
  /** kWh of each hour, from yesterday's midnight on; null: no reading */
  hours: (number | null)[];
  fromS: number;
}

/** Today's sum so far, and yesterday's up to the same moment: hours that only one of them has are compared with none. */
export function compared(
  { hours, fromS }: TwoDays,
  nowS: number,
): { today: number | null; before: number | null; day: number | null } {
  const past = Math.max(0, Math.floor((nowS - fromS - DAY_S) / HOUR_S));
  const sum = (list: readonly (number | null)[]): number | null =>
    list.some((v) => v !== null) ? list.reduce<number>((a, b) => a + (b ?? 0), 0) : null;
  return {
    today: sum(hours.slice(24)),
    // Of the running hour yesterday counts for as much as has passed of it.
    before: sum([
      ...hours.slice(0, past),
      share(hours[past] ?? null, (nowS - fromS - DAY_S) / HOUR_S - past),
    ]),
    day: sum(hours.slice(0, 24)),
  };
}

function share(value: number | null, part: number): number | null {
  return value === null ? null : value * part;
}

/** The energy of yesterday and today in a domain, hour by hour, of all places together. */
function useTwoDays(domain: string, subjects: readonly Subject[]): Answer<TwoDays> {
  const answer = useSignal<Answer<TwoDays>>({ value: null, trouble: null });
  const keys = subjects.map((one) => one.key).join();
  useEffect(() => {
    let over = false;
    answer.value = { value: null, trouble: null };
    const read = (): void => {
      const fromS = midnight(now.peek() / 1000) - DAY_S;
      const from = new Date(fromS * 1000).toISOString();
      Promise.all(
        subjects.map((one) => {
          const who =
            one.sensor !== null
              ? `sensor=${encodeURIComponent(one.sensor)}`
              : `${one.zone !== null ? `zone=${one.zone}` : `area=${one.area}`}&of=whole&domain=${domain}`;
          return get<Steps>(
            `observations?${who}&metric=energy&step=1h&layout=series&stat=value&gaps=null&from=${from}`,
          );
        }),
      )
        .then((found) => {
          if (!over) answer.value = { value: { fromS, hours: added(found) }, trouble: null };
        })
        .catch((cause: unknown) => {
          if (!over) answer.value = { value: answer.peek().value, trouble: said(cause) };
        });
    };
    read();
    const stops = [everyMinutes(read, 60_000), onReturn(read)];
    return () => {
      over = true;
      for (const stop of stops) stop();
    };
  }, [domain, keys]);
  return answer.value;
}

/** Hour by hour the sum over all series; null where none has a reading. */
export function added(found: readonly Steps[]): (number | null)[] {
  const series = found.flatMap((one) => one.series);
  const size = Math.max(0, ...series.map((one) => one.value?.length ?? 0));
  return Array.from({ length: size }, (_, i) => {
    const there = series.flatMap((one) => one.value?.[i] ?? []);
    return there.length === 0 ? null : there.reduce((a, b) => a + b, 0);
  });
}

/** kWh today against yesterday up to the same hour. */
export function Difference({ today, before }: { today: number | null; before: number | null }) {
  if (today === null) return <span class="dim">–</span>;
  const more = before !== null && before > 0 ? (today / before - 1) * 100 : null;
  return (
    <span class="number" data-value={today} data-before={before ?? ""}>
      <b>{formatNumber(today, today < 100 ? 1 : 0)} kWh</b>
      {more !== null && (
        <span class="dim">
          {" "}
          {t(more >= 0 ? "boards.more_than" : "boards.less_than", { share: formatNumber(Math.abs(more), 0) })}
        </span>
      )}
    </span>
  );
}

/** Today's energy as it adds up, over yesterday's. */
export function EnergyPanel({ domain, subjects }: { domain: string; subjects: readonly Subject[] }) {
  const { value, trouble } = useTwoDays(domain, subjects);
  const nowS = minute.value / 1000;
  const sums = value === null ? null : compared(value, nowS);
  return (
    <Panel name="two-days" title={t("boards.energy_days")} hint="kWh">
      {trouble !== null && (
        <p class="list-trouble" role="alert">
          {trouble === "" ? t("list.unreachable") : half(trouble)}
        </p>
      )}
      {value === null && trouble === null && <p class="dim list-wait">{t("list.waiting")}</p>}
      {sums !== null && (
        <p class="board-sums">
          {t("boards.today")}: <Difference today={sums.today} before={sums.before} />
          <span class="dim"> · {t("boards.yesterday_whole", { kwh: formatNumber(sums.day, 0) })}</span>
        </p>
      )}
      {value !== null && sums?.today !== null && (
        <Chart
          label={t("boards.energy_days")}
          series={linesOf(value)}
          floor={0}
          height={168}
          range={dayOf(nowS)}
        />
      )}
    </Panel>
  );
}

function dayOf(nowS: number): [number, number] {
  const from = midnight(nowS) * 1000;
  return [from, from + DAY_S * 1000 - 60_000];
}

/** Both days as they add up, on today's hours: each hour's sum stands at its end. */
function linesOf({ hours, fromS }: TwoDays): Line[] {
  const line = (list: readonly (number | null)[], name: string, more: Partial<Line>): Line => ({
    name,
    unit: "kWh",
    times: [fromS + DAY_S, ...list.map((_, i) => fromS + DAY_S + (i + 1) * HOUR_S)],
    values: [0, ...summed(list)],
    digits: 0,
    ...more,
  });
  const today = line(hours.slice(24), t("boards.today"), { tone: 0 });
  // The running hour ends now, not at its end.
  const last = today.times.length - 1;
  const nowS = Math.round(now.peek() / 1000);
  if ((today.times[last] ?? 0) > nowS) today.times = [...today.times.slice(0, last), nowS];
  return [today, line(hours.slice(0, 24), t("boards.yesterday"), { tone: "dim", dash: 1, faint: true })];
}
