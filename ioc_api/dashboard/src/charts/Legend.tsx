import type { Signal } from "@preact/signals";
import { formatNumber } from "../format";
import { t, unitOf } from "../i18n";
import { cursorTime, digitsOf } from "./axes";
import { type Line, lastOf } from "./model";
import { colourName, dashOf } from "./palette";
import type { Reading } from "./plot";

interface Props {
  series: readonly Line[];
  at: Signal<Reading | null>;
  hidden: Signal<ReadonlySet<string>>;
  onToggle: (line: number, name: string) => void;
}

/** The lines with their signs, and the values under the crosshair; without one, the newest. */
export function Legend({ series, at, hidden, onToggle }: Props) {
  const reading = at.value;
  return (
    <figcaption class="chart-legend">
      <span class="chart-time number">
        {reading === null ? t("chart.newest") : cursorTime(reading.time, spanOf(series))}
      </span>
      <ul>
        {series.map((line, i) => (
          <li key={`${i} ${line.name}`}>
            <button
              type="button"
              class="chart-line"
              aria-pressed={!hidden.value.has(line.name)}
              title={t("chart.toggle")}
              onClick={() => onToggle(i, line.name)}
            >
              <LineSign line={line} slot={i} />
              <span class="chart-name">{line.name}</span>
              <span class="chart-value number">
                {valueText(
                  line,
                  reading === null ? (lastOf(line)?.value ?? null) : (reading.values[i] ?? null),
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </figcaption>
  );
}

/** A piece of the line as it is drawn. */
export function LineSign({ line, slot }: { line: Line; slot: number }) {
  return (
    <svg class="chart-sign" viewBox="0 0 30 8" aria-hidden="true" data-faint={line.faint === true}>
      <path
        d="M1 4H29"
        style={{
          stroke: `var(${colourName(line, slot)})`,
          strokeDasharray: dashOf(line, slot).join(" ") || "none",
        }}
      />
    </svg>
  );
}

export function valueText(line: Line, value: number | null): string {
  if (value === null) return "–";
  const text = formatNumber(value, line.digits ?? digitsOf(value));
  return valueless(line) ? text : `${text} ${nameOfUnit(line)}`;
}

/** Whether its values are bare numbers. */
export function valueless(line: Line): boolean {
  return line.unit === "" || line.unit === "1";
}

export function nameOfUnit(line: Line): string {
  return unitOf(line.unit);
}

export function spanOf(series: readonly Line[]): number {
  const ends = series
    .flatMap((line) => [line.times[0] ?? 0, line.times.at(-1) ?? 0])
    .filter((time) => time > 0);
  return ends.length === 0 ? 0 : Math.max(...ends) - Math.min(...ends);
}

/** The crosshair for those who hear it. */
export function said(series: readonly Line[], reading: Reading): string {
  const values = series.map((line, i) => `${line.name} ${valueText(line, reading.values[i] ?? null)}`);
  return `${cursorTime(reading.time, spanOf(series))}: ${values.join("; ")}`;
}
