import "uplot/dist/uPlot.min.css";
import "../styles/chart.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { language, theme } from "../store/prefs";
import { type Keyed, keyOn } from "./keys";
import { Legend } from "./Legend";
import type { Marker } from "./markers";
import { type ChartProps, shadowed } from "./model";
import { Plot, type Reading } from "./plot";
import { ValueTable } from "./ValueTable";

/** What makes another plot of it; all else is taken by the one there is. */
function frameOf(props: ChartProps): string {
  const lines = props.series.map((line) => [
    line.name, line.unit, line.tone, line.dash, line.faint, line.stepped, shadowed(line),
  ]); // biome-ignore format: one row
  return JSON.stringify([lines, props.sync, props.onRange !== undefined]);
}

let library: Promise<typeof uPlot> | null = null;

/** uPlot, fetched when the first chart is shown; a failed fetch is tried anew. */
function plotting(): Promise<typeof uPlot> {
  library ??= import("uplot")
    .then((m) => m.default)
    .catch((cause: unknown) => {
      library = null;
      throw cause;
    });
  return library;
}

/**
 * Lines over time: thresholds, bands and what was alerted with them. Gaps stay gaps. The crosshair goes by mouse and by
 * keyboard (arrows, Home, End; with Shift a part is chosen, Enter goes there, Escape leaves), the legend says its
 * values, and a table says them to those who cannot see the chart.
 */
export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const at = useSignal<Reading | null>(null);
  const markers = useSignal<readonly Marker[]>([]);
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const spoken = useSignal("");
  const failed = useSignal(false);
  const tries = useSignal(0);
  const keyed = useRef<Keyed>({ anchor: null });
  const latest = useRef(props);
  latest.current = props;
  const height = props.height ?? 220;
  const empty = props.series.every((line) => line.values.every((value) => value === null));

  useEffect(() => {
    let gone = false;
    const place = box.current;
    const watch = new ResizeObserver(() =>
      plot.current?.resize(place?.clientWidth ?? 0, latest.current.height ?? 220),
    );
    Promise.all([plotting(), document.fonts?.ready])
      .then(([make]) => {
        if (gone || place === null) return;
        plot.current = new Plot(make, place, latest.current, { at, markers }, hidden.peek());
        watch.observe(place);
      })
      .catch((cause) => {
        console.warn(cause);
        if (!gone) failed.value = true;
      });
    return () => {
      gone = true;
      watch.disconnect();
      plot.current?.destroy();
      plot.current = null;
      at.value = null;
    };
  }, [frameOf(props), theme.value, language.value, tries.value]);

  useEffect(() => {
    plot.current?.take(props);
    plot.current?.resize(box.current?.clientWidth ?? 0, height);
  });

  const toggle = (line: number, name: string): void => {
    const next = new Set(hidden.value);
    if (!next.delete(name)) next.add(name);
    hidden.value = next;
    plot.current?.showLine(line, !next.has(name));
  };

  return (
    <figure class="chart" aria-label={props.label} data-empty={empty}>
      <div class="chart-stage">
        {/* biome-ignore lint/a11y/useSemanticElements: the crosshair goes by the keyboard, and nothing else is in it */}
        <div
          class="chart-plot"
          ref={box}
          style={{ height: `${height}px` }}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the crosshair goes by the keyboard
          tabIndex={0}
          role="group"
          aria-label={`${props.label}. ${t(props.onRange ? "chart.keys_range" : "chart.keys")}`}
          onKeyDown={(event) => {
            if (plot.current && keyOn(event, plot.current, keyed.current, at, spoken)) event.preventDefault();
          }}
          onBlur={() => plot.current?.unmark()}
        />
        {empty && !failed.value && <p class="chart-none">{t("chart.none")}</p>}
        {failed.value && (
          <p class="list-trouble chart-failed" role="alert">
            {t("page.not_loaded")}{" "}
            <button
              type="button"
              class="act"
              onClick={() => {
                failed.value = false;
                tries.value += 1;
              }}
            >
              {t("page.try_again")}
            </button>
          </p>
        )}
        <Markers markers={markers} />
      </div>
      <Legend series={props.series} at={at} hidden={hidden} onToggle={toggle} />
      <span class="unseen" role="status">
        {spoken}
      </span>
      <ValueTable label={props.label} series={props.series} />
    </figure>
  );
}

/** Over the plot, each leads to its alert. */
function Markers({ markers }: { markers: { value: readonly Marker[] } }) {
  return (
    <>
      {markers.value.map((one) => (
        <a
          key={`${one.left} ${one.href}`}
          class="chart-marker"
          data-severity={one.severity}
          style={{ left: `${one.left}px` }}
          href={one.href}
          title={one.count > 1 ? t("chart.several", { count: one.count, label: one.label }) : one.label}
        >
          <SeverityMark of={one.severity} />
          {one.count > 1 && <span class="number">{one.count}</span>}
          <span class="unseen">{one.label}</span>
        </a>
      ))}
    </>
  );
}
