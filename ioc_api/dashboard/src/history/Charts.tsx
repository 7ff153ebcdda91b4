import type { Alert } from "../api/alerts";
import { Chart } from "../charts/Chart";
import type { ChartHandle } from "../charts/model";
import { unitOf } from "../i18n";
import { now } from "../store/clock";
import { zoom } from "./asked";
import { type About, annotationsOf } from "./events";
import type { Found } from "./explorer";
import type { Panel } from "./panels";
import { zoomed } from "./view";

/** One chart has the room of all; more share it, but none is pressed flat. */
const HEIGHTS: readonly number[] = [360, 240, 200];

/** The panels, one under another, with one crosshair through all of them. */
export function Charts({
  panels,
  found,
  alerts,
  handles,
}: {
  panels: readonly Panel[];
  found: Found;
  alerts: readonly Alert[];
  handles: Map<string, ChartHandle>;
}) {
  const height = HEIGHTS[Math.min(panels.length, HEIGHTS.length) - 1] ?? 200;
  return (
    <>
      {panels.map((panel) => (
        <section key={panel.unit} class="history-panel" data-unit={panel.unit}>
          <h2>
            {panel.title}
            {panel.unit !== "" && <span class="dim history-unit">{unitOf(panel.unit)}</span>}
          </h2>
          <Chart
            label={panel.title}
            series={panel.lines}
            annotations={annotationsOf(alerts, aboutOf(panel), now.peek())}
            range={found.span}
            onRange={(from, to) => zoom(zoomed(from, to))}
            height={height}
            sync="history"
            onDrawn={(handle) => handles.set(panel.unit, handle)}
          />
        </section>
      ))}
    </>
  );
}

function aboutOf(panel: Panel): About {
  return {
    domains: new Set(panel.traces.map((one) => one.metric.split("/")[0] ?? "")),
    units: new Set(panel.traces.map((one) => one.unit)),
  };
}
