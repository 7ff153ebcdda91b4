import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { IndexItem } from "../api/boards";
import type { Aggregate, Metric } from "../api/types";
import { ENOUGH, mannerOf } from "../city/headline";
import { labelOf } from "../city/Tile";
import { formatAge, formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { ageOf, figure } from "../store/aggregates";
import { now } from "../store/clock";
import { follow } from "../store/living";
import { figuresOf } from "./boards";
import type { BoardProps } from "./ChartPanel";
import { linkOf, type Subject } from "./choice";

/** A column of the table of places that is not a metric. */
interface Column {
  name: string;
  title: string;
  cell: (subject: Subject) => ComponentChildren;
}

/** The live rows of the places: by place and metric. */
function useLive({ domain, subjects }: BoardProps): ReadonlySignal<ReadonlyMap<string, Aggregate>> {
  const rows = useSignal<ReadonlyMap<string, Aggregate>>(new Map());
  const keys = subjects.map((one) => one.key).join();
  useEffect(() => {
    rows.value = new Map();
    const zones = subjects.flatMap((one) => one.zone ?? []);
    const place = zones.length > 0 ? { zone: zones } : { area: subjects.map((one) => one.area) };
    const shown = new Set(subjects.map((one) => one.key));
    const filter = { ...place, domain: [domain.code], metric: figuresOf(domain), window: ["1m"] };
    const take = (items: Aggregate[], before: Iterable<[string, Aggregate]>): void => {
      const next = new Map(before);
      for (const item of items) {
        const key = item.zone ?? item.area;
        if (item.domain === domain.code && shown.has(key)) next.set(`${key}/${item.metric}`, item);
      }
      rows.value = next;
    };
    return follow(
      "aggregates",
      filter,
      {
        replace: (items) => take(items as Aggregate[], []),
        apply: (items) => take(items as Aggregate[], rows.peek()),
      },
      1,
    );
  }, [domain.code, keys]);
  return rows;
}

/** The places side by side: what is measured now, what is made of it, and how many sensors stand behind it. */
export function Figures({ board, columns }: { board: BoardProps; columns: readonly Column[] }) {
  const live = useLive(board).value;
  const { domain, choice, subjects } = board;
  const metrics = figuresOf(domain).flatMap((name) => domain.metrics.find((one) => one.name === name) ?? []);
  // In a whole area a ward without sensors of this domain has nothing to say.
  const shown = subjects.filter(
    (one) =>
      subjects.length <= 2 ||
      metrics.some((m) => (live.get(`${one.key}/${m.name}`)?.sensors.expected ?? 0) > 0),
  );
  return (
    <section class="card card-wide board-figures" data-panel="figures">
      <h2 class="unseen">{t("boards.now")}</h2>
      <div class="table-box">
        <table class="table" data-few={shown.length <= 2}>
          <thead>
            <tr>
              <th scope="col">{t("boards.place")}</th>
              {columns.map((one) => (
                <th key={one.name} scope="col">
                  {one.title}
                </th>
              ))}
              {metrics.map((metric) => (
                <th key={metric.name} scope="col" class="right">
                  {labelOf(metric)} <span class="board-unit">{unitOf(mannerOf(metric).unit)}</span>
                </th>
              ))}
              <th scope="col" class="right">
                {t("boards.reporting")}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((subject) => (
              <tr key={subject.key} data-place={subject.key}>
                <th scope="row">
                  <i class="board-line" data-tone={subjects.indexOf(subject) % 7} aria-hidden="true" />
                  {subject.zone !== choice.zone || choice.area === null ? (
                    <a href={linkOf(choice, { area: subject.area, zone: subject.zone, sensor: null })}>
                      {nameOf(subject)}
                    </a>
                  ) : (
                    nameOf(subject)
                  )}
                </th>
                {columns.map((one) => (
                  <td key={one.name} data-name={one.title} data-figure={one.name}>
                    {one.cell(subject)}
                  </td>
                ))}
                {metrics.map((metric) => (
                  <Figure
                    key={metric.name}
                    metric={metric}
                    row={live.get(`${subject.key}/${metric.name}`) ?? null}
                  />
                ))}
                <Reporting rows={metrics.flatMap((m) => live.get(`${subject.key}/${m.name}`) ?? [])} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Figure({ metric, row }: { metric: Metric; row: Aggregate | null }) {
  const value = figure(row);
  const { factor, digits, unit } = mannerOf(metric);
  return (
    <td class="right number" data-name={labelOf(metric)} data-metric={metric.name} data-value={value ?? ""}>
      <b>{formatNumber(value === null ? null : value * factor, digits)}</b>
      <span class="board-unit board-unit-phone"> {unitOf(unit)}</span>
    </td>
  );
}

function Reporting({ rows }: { rows: readonly Aggregate[] }) {
  const reporting = Math.max(0, ...rows.map((row) => row.sensors.reporting));
  const expected = Math.max(0, ...rows.map((row) => row.sensors.expected));
  const ages = rows.flatMap((row) => ageOf(row, now.value) ?? []);
  const tone = expected === 0 ? "" : reporting === 0 ? "off" : reporting < ENOUGH * expected ? "late" : "ok";
  return (
    <td class="right number board-reporting" data-name={t("boards.reporting")} data-tone={tone}>
      {expected === 0
        ? "–"
        : t("tile.reporting", { reporting: formatNumber(reporting), expected: formatNumber(expected) })}
      {ages.length > 0 && <span class="dim"> · {formatAge(Math.min(...ages))}</span>}
    </td>
  );
}

/** The figure of an index in a cell: its value and what it means, or why there is none. */
export function IndexCell({
  item,
  digits = 0,
  unit = "",
}: {
  item: IndexItem | undefined;
  digits?: number;
  unit?: string;
}) {
  if (!item) return <span class="dim">–</span>;
  if (item.value === null) return <span class="dim">{item.reason ? nameless(item) : "–"}</span>;
  return (
    <span class="board-index">
      <b class="number">
        {formatNumber(item.value, digits)}
        {unit}
      </b>
      {item.colour && <Level item={item} />}
    </span>
  );
}

function nameless(item: IndexItem): string {
  return nameOf(item);
}

/** The level in its own colour, with its letter or word. */
export function Level({ item, short = false }: { item: IndexItem; short?: boolean }) {
  return (
    <span class="board-level" title={nameOf(item)}>
      <i style={{ background: item.colour ?? "transparent" }} aria-hidden="true" />
      {item.level !== null && item.level.length === 1 && <b>{item.level}</b>}
      {!(short && item.level?.length === 1) && <span>{nameOf(item)}</span>}
    </span>
  );
}
