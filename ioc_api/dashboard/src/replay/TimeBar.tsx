import { useSignal } from "@preact/signals";
import type { Alert } from "../api/alerts";
import { formatDate, formatNumber, formatTime } from "../format";
import { t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { BINS, binned } from "./bins";
import { type Span, ticksOf } from "./spans";

interface Props {
  span: Span;
  at: number;
  alerts: readonly Alert[];
  seek: (ms: number) => void;
}

/** The span as a bar to scrub, with the alerts marked that began in it. */
export function TimeBar({ span, at, alerts, seek }: Props) {
  const hover = useSignal<number | null>(null);
  const { from, to } = span;
  const share = (ms: number): string => `${(100 * (ms - from)) / (to - from)}%`;
  const days = formatDate(from) !== formatDate(to);
  return (
    <div class="timebar">
      <div class="timebar-marks" aria-hidden="true">
        {binned(span, alerts).map(({ bin, severity, count }) => (
          <i
            key={bin}
            class="timebar-mark"
            data-severity={severity}
            style={{ left: `${(100 * (bin + 0.5)) / BINS}%` }}
            title={t("replay.began", { count: formatNumber(count), severity: t(`severity.${severity}`) })}
          >
            <SeverityMark of={severity} />
          </i>
        ))}
      </div>
      <input
        type="range"
        class="timebar-range"
        min={from}
        max={to}
        step={1000}
        value={at}
        aria-label={t("replay.position")}
        aria-valuetext={`${formatDate(at)} ${formatTime(at)}`}
        style={{ "--share": share(at) }}
        onInput={(event) => seek(Number(event.currentTarget.value))}
        onKeyDown={(event) => {
          // The page's own keys step by whole minutes; the browser's would go by a second.
          if (event.key.startsWith("Arrow") || event.key.startsWith("Page")) event.preventDefault();
        }}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          hover.value = from + ((event.clientX - box.left) / box.width) * (to - from);
        }}
        onPointerLeave={() => {
          hover.value = null;
        }}
      />
      {hover.value !== null && (
        <span class="timebar-tip number" style={{ left: share(hover.value) }} aria-hidden="true">
          {days && `${formatDate(hover.value).slice(0, 5)} `}
          {formatTime(hover.value)}
        </span>
      )}
      <div class="timebar-ticks number" aria-hidden="true">
        {ticksOf(span, 12).map((tick) => (
          <span key={tick} style={{ left: share(tick) }}>
            {formatTime(tick) === "00:00:00" ? formatDate(tick).slice(0, 5) : formatTime(tick).slice(0, 5)}
          </span>
        ))}
      </div>
    </div>
  );
}
