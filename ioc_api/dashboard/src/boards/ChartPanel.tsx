import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { ListedRule } from "../api/boards";
import type { Domain } from "../api/types";
import { Chart } from "../charts/Chart";
import type { Line, Threshold } from "../charts/model";
import { mannerOf } from "../city/headline";
import { labelOf } from "../city/Tile";
import { formatNumber } from "../format";
import { half, nameOf, t, unitOf } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { now } from "../store/clock";
import { may } from "../store/me";
import { addressOf } from "../store/route";
import type { ChartSpec } from "./boards";
import { type Choice, RANGES, type Subject } from "./choice";
import type { Feed } from "./feed";
import { type Limit, limitsOf } from "./limits";

/** The end of what charts show: it moves on once a minute. */
export const minute = computed(() => Math.ceil(now.value / 60_000) * 60_000);

export interface BoardProps {
  domain: Domain;
  choice: Choice;
  subjects: readonly Subject[];
  charts: readonly ChartSpec[];
  /** the sensor that was chosen, as the server describes it */
  site: string;
  feed: Feed;
  rules: readonly ListedRule[];
}

/** One metric over time, a line for each place, with the thresholds of the rules drawn in. */
export function ChartPanel({
  spec,
  board,
  extra = [],
}: {
  spec: ChartSpec;
  board: BoardProps;
  extra?: Line[];
}) {
  const { domain, choice, subjects, feed, rules } = board;
  feed.tick.value;
  const metric = domain.metrics.find((one) => one.name === spec.metric);
  if (!metric) return null;
  const manner = spec.demand ? { factor: 1, unit: "kW", digits: 1 } : mannerOf(metric);
  const name = spec.demand
    ? t("boards.demand")
    : (choice.sensor !== null ? nameOf(metric) : labelOf(metric)).replace(/^PH$/, "pH");
  const step = Math.max(RANGES[choice.range].step, spec.least ?? 0);
  const lines = subjects.flatMap((subject, i): Line[] => {
    const row = feed.row(subject.key, spec.metric);
    if (!row || row.empty) return [];
    const values =
      manner.factor === 1 ? row.values : row.values.map((v) => (v === null ? null : v * manner.factor));
    const line = { name: nameOf(subject), unit: unitOf(manner.unit), times: row.times, values, tone: i };
    return [{ ...line, every: step, digits: manner.digits }];
  });
  const limits = spec.demand
    ? []
    : limitsOf(rules, {
        domain: domain.code,
        metric: spec.metric,
        area: choice.area,
        zone: choice.zone,
        sensor: choice.sensor === null ? null : { id: choice.sensor, site: board.site },
        stepS: step,
      });
  return (
    <Panel name={spec.metric} title={name} hint={manner.unit === "pH" ? "" : unitOf(manner.unit)}>
      <Drawn
        label={name}
        lines={[...lines, ...(lines.length > 0 ? extra : [])]}
        limits={limits}
        factor={manner.factor}
        unit={unitOf(manner.unit)}
        digits={manner.digits}
        choice={choice}
        floor={spec.floor}
        waiting={feed.busy.value}
        trouble={feed.trouble.value}
      />
    </Panel>
  );
}

/** A card of a board; `name` finds it again. */
export function Panel({
  name,
  title,
  hint = "",
  wide = false,
  children,
}: {
  name: string;
  title: string;
  hint?: string;
  wide?: boolean;
  children: ComponentChildren;
}) {
  return (
    <section class="card board-panel" data-panel={name} data-wide={wide}>
      <h2>
        {title} {hint !== "" && <small class="dim">{hint}</small>}
      </h2>
      {children}
    </section>
  );
}

/** A chart with its thresholds listed beneath, or what is in its way. */
export function Drawn(props: {
  label: string;
  lines: readonly Line[];
  limits: readonly Limit[];
  factor: number;
  unit: string;
  digits: number;
  choice: Choice;
  floor?: number | undefined;
  bands?: readonly { from: number; to: number; colour: string; label?: string }[];
  waiting: boolean;
  trouble: string | null;
}) {
  const { lines, limits, factor, choice, trouble, waiting } = props;
  const end = minute.value;
  const empty = lines.length === 0;
  return (
    <>
      {trouble !== null && (
        <p class="list-trouble" role="alert">
          {trouble === "" ? t("list.unreachable") : half(trouble)}
        </p>
      )}
      {empty && trouble === null && (
        <p class="dim list-wait">{t(waiting ? "list.waiting" : "boards.no_data")}</p>
      )}
      {!empty && (
        <Chart
          // Other lines are another chart.
          key={lines.map((line) => line.name).join("|")}
          label={props.label}
          series={lines}
          thresholds={nearest(
            limits.flatMap((limit) => marks(limit, factor, props.digits)),
            lines,
          )}
          range={[end - RANGES[choice.range].seconds * 1000, end]}
          height={168}
          sync="boards"
          {...(props.floor !== undefined && { floor: props.floor })}
          {...(props.bands && { bands: props.bands })}
        />
      )}
      <Limits limits={limits} factor={factor} unit={props.unit} digits={props.digits} />
    </>
  );
}

/** A technical regulation has limits; a decision may set levels for other reasons. */
function regulation(basis: string): boolean {
  return basis.startsWith("QCVN");
}

function marks(limit: Limit, factor: number, digits: number): Threshold[] {
  const label = t(
    limit.basis === null ? "boards.threshold" : regulation(limit.basis) ? "boards.limit" : "boards.set",
  );
  return [limit.above, limit.below].flatMap((value) =>
    value === null
      ? []
      : [
          {
            value: value * factor,
            label: `${label} ${formatNumber(value * factor, fewest(value * factor, digits))}`,
            severity: limit.severity,
          },
        ],
  );
}

/** Of those beyond all lines the nearest on each side: more would only be in the way, and the list has them all. */
export function nearest(thresholds: readonly Threshold[], lines: readonly Line[]): Threshold[] {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const above = Math.min(...thresholds.filter((one) => one.value > high).map((one) => one.value));
  const below = Math.max(...thresholds.filter((one) => one.value < low).map((one) => one.value));
  return thresholds.filter((one) => one.value >= Math.min(low, below) && one.value <= Math.max(high, above));
}

/** As many decimals as a threshold needs, and no more. */
export function fewest(value: number, most: number): number {
  for (let digits = 0; digits < most; digits++)
    if (Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-6) return digits;
  return most;
}

/** In words what is drawn: whether it is the law's or the city's own. */
function Limits({
  limits,
  factor,
  unit,
  digits,
}: {
  limits: readonly Limit[];
  factor: number;
  unit: string;
  digits: number;
}) {
  if (limits.length === 0) return null;
  const said = (sign: string, value: number | null): string[] =>
    value === null
      ? []
      : [`${sign} ${formatNumber(value * factor, fewest(value * factor, digits))} ${unit}`.trim()];
  return (
    <ul class="board-limits" aria-label={t("boards.limits")}>
      {limits.map((limit) => (
        <li key={limit.code} data-limit={limit.code} data-legal={limit.basis !== null}>
          <SeverityMark of={limit.severity} />
          <span class="number">{[...said("<", limit.below), ...said(">", limit.above)].join(" · ")}</span>{" "}
          {may("rules.read") ? (
            <a href={addressOf("rules", "list", { rule: limit.code })}>{nameOf(limit)}</a>
          ) : (
            nameOf(limit)
          )}{" "}
          <span class="dim">
            ·{" "}
            {limit.basis === null
              ? t("boards.operating")
              : t(regulation(limit.basis) ? "boards.legal" : "boards.by_law", { basis: limit.basis })}
          </span>
        </li>
      ))}
    </ul>
  );
}
