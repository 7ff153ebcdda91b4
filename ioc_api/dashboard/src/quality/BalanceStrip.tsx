import type { Minute } from "../api/quality";
import { formatNumber, formatTime } from "../format";
import { t } from "../i18n";
import { columnsOf } from "./strip";

const COLUMNS = 144;
const HEIGHT = 90;
/** From the ground upwards. */
const PARTS = ["stored", "duplicate", "quarantined", "limited"] as const;

/** 24 hours in columns of ten minutes: what became of readings; a red cross under one that does not add up. */
export function BalanceStrip({
  minutes,
  from,
  to,
}: {
  minutes: readonly Minute[];
  from: number;
  to: number;
}) {
  const columns = columnsOf(minutes, from, to, COLUMNS);
  const most = Math.max(
    1,
    ...columns.map((c) => PARTS.reduce((sum, part) => sum + (c.sums?.[part] ?? 0), 0)),
  );
  const hours = Array.from({ length: 9 }, (_, i) => from + (i / 8) * (to - from));
  return (
    <figure class="strip">
      <svg
        class="strip-bars"
        viewBox={`0 0 ${COLUMNS * 4} ${HEIGHT + 8}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("balance.strip", { most: formatNumber(most) })}
      >
        {columns.map((column, i) => {
          let top = HEIGHT;
          return (
            <g key={column.at}>
              {PARTS.map((part) => {
                const size = ((column.sums?.[part] ?? 0) / most) * HEIGHT;
                if (size === 0) return null;
                // What is little is seen all the same: it is what is looked for.
                const high = part === "stored" ? size : Math.max(size, 2);
                top -= high;
                return (
                  <rect
                    key={part}
                    class={`strip-${part}`}
                    x={i * 4 + 0.4}
                    y={top}
                    width={3.2}
                    height={high}
                  />
                );
              })}
              {column.wrong > 0 && (
                <path class="strip-wrong" d={`M${i * 4} ${HEIGHT + 1}l4 6M${i * 4 + 4} ${HEIGHT + 1}l-4 6`} />
              )}
            </g>
          );
        })}
      </svg>
      <div class="strip-hours dim number" aria-hidden="true">
        {hours.map((at) => (
          <span key={at}>{formatTime(at).slice(0, 5)}</span>
        ))}
      </div>
      <figcaption class="strip-legend">
        {PARTS.map((part) => (
          <span key={part} class={`strip-key strip-key-${part}`}>
            {t(`balance.${part}`)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
