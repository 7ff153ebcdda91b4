import type { Metric } from "../api/types";
import { formatMoment, formatNumber } from "../format";
import { t } from "../i18n";
import { trendOf } from "../store/aggregates";
import { now } from "../store/clock";
import type { Trend } from "../store/trend";
import { mannerOf } from "./headline";
import { spread } from "./scale";

const WIDTH = 200;
const HEIGHT = 40;
/** A line is not drawn over less than this; a steady value stays a steady line. */
const SHORTEST_MS = 60_000;

/** What was received since the page was opened, with the ends of its scale beside it. Gaps stay gaps. */
export function Sparkline({ area, domain, metric }: { area: string; domain: string; metric: Metric }) {
  const trend = trendOf(area, domain, metric.name);
  const range = trend?.range();
  if (!trend || !range || trend.start === undefined) return <div class="spark" aria-hidden="true" />;
  const { factor, digits } = mannerOf(metric);
  const [low, high] = range;
  const end = now.value;
  const start = Math.min(trend.start, end - SHORTEST_MS);
  const since = formatMoment(trend.start, end);
  const text = t("tile.range", {
    low: formatNumber(low * factor, digits),
    high: formatNumber(high * factor, digits),
    time: since,
  });
  const least = (10 * 10 ** -digits) / factor;
  const scale = spread(low, high, metric, least);
  const { line, dot } = draw(trend, start, end, scale);
  return (
    <div class="spark" title={text}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <path class="spark-line" d={line} />
      </svg>
      {dot !== null && <i class="spark-dot" style={{ top: `${(dot / HEIGHT) * 100}%` }} />}
      <span class="spark-scale number" aria-hidden="true">
        <span>{formatNumber(scale[1] * factor, digits)}</span>
        <span>{formatNumber(scale[0] * factor, digits)}</span>
      </span>
    </div>
  );
}

function draw(trend: Trend, start: number, end: number, [low, high]: [number, number]) {
  const [times, values] = trend.points();
  const x = (time: number): string => (((time - start) / (end - start)) * WIDTH).toFixed(1);
  const y = (value: number): number => HEIGHT * (1 - (value - low) / (high - low));
  let line = "";
  let pen = "M";
  let dot: number | null = null;
  for (let i = 0; i < times.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) {
      // The last value held until here.
      if (dot !== null) line += `H${x(times[i] ?? 0)}`;
      pen = "M";
      dot = null;
      continue;
    }
    dot = y(value);
    line += `${pen}${x(times[i] ?? 0)} ${dot.toFixed(1)}`;
    pen = "L";
  }
  if (dot !== null) line += `H${WIDTH}`;
  return { line, dot };
}
