import { t } from "../i18n";
import { cursorTime } from "./axes";
import { spanOf, valueText } from "./Legend";
import { align, type Line, sayable, shadowed } from "./model";

/** So many rows are read to somebody; more of them are every so many. */
const ROWS = 40;

/** The values for those who cannot see the chart. */
export function ValueTable({ label, series }: { label: string; series: readonly Line[] }) {
  const bare = series.map((line) => (shadowed(line) ? bared(line) : line));
  const [times, ...rows] = align(bare);
  const said = sayable(rows, times.length);
  if (said.length === 0) return null;
  const every = Math.max(1, Math.ceil(said.length / ROWS));
  const span = spanOf(series);
  return (
    <div class="unseen">
      <table>
        <caption>{every > 1 ? t("chart.table_some", { label, every }) : t("chart.table", { label })}</caption>
        <thead>
          <tr>
            <th scope="col">{t("chart.time")}</th>
            {series.map((line, i) => (
              <th key={`${i} ${line.name}`} scope="col">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {said.map((row, nth) =>
            nth % every === 0 ? (
              <tr key={times[row]}>
                <th scope="row">{cursorTime(times[row] ?? 0, span)}</th>
                {bare.map((line, i) => (
                  <td key={`${i} ${line.name}`}>{valueText(line, rows[i]?.[row] ?? null)}</td>
                ))}
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
    </div>
  );
}

function bared({ low: _, high: __, ...line }: Line): Line {
  return line;
}
