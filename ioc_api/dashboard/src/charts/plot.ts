import type { Signal } from "@preact/signals";
import type uPlot from "uplot";
import { numberLabels, roundTimes, STEPS_S, timeLabels } from "./axes";
import { lonely } from "./lines";
import { type Marker, markersIn } from "./markers";
import { align, type ChartProps, scaleOf, shadowed, unitsOf } from "./model";
import { paintBands, paintSpans, paintThresholds } from "./paint";
import { colourName, dashOf, fontOf, paints } from "./palette";

/** Where the crosshair stands: s since 1970 and each line's value there; null: nowhere. */
export interface Reading {
  index: number;
  time: number;
  values: (number | null)[];
}

interface Told {
  at: Signal<Reading | null>;
  markers: Signal<readonly Marker[]>;
}

type Maker = typeof uPlot;

/** One uPlot and what is drawn around its lines. A chart of other lines is another plot; other values are taken. */
export class Plot {
  readonly u: uPlot;
  /** uPlot's place of each line; a line with a shadow takes three */
  readonly places: number[] = [];
  private readonly paint: (name: string) => string;
  /** The one that was pressed last: a brush is told to all that share the cursor. */
  private static pressed: Plot | null = null;
  private shown: ChartProps["series"] | null = null;

  constructor(
    make: Maker,
    private readonly box: HTMLElement,
    public props: ChartProps,
    private readonly told: Told,
    hidden: ReadonlySet<string>,
  ) {
    this.paint = paints(box);
    this.u = new make(this.options(hidden, make.paths.stepped?.({ align: 1 })), this.data(props), box);
    this.u.over.addEventListener("mousedown", this.press);
    this.publish();
  }

  destroy(): void {
    this.u.over.removeEventListener("mousedown", this.press);
    if (Plot.pressed === this) Plot.pressed = null;
    this.u.destroy();
  }

  /** Other values, thresholds or another range. */
  take(props: ChartProps): void {
    const before = this.props;
    this.props = props;
    const moved = before.range?.[0] !== props.range?.[0] || before.range?.[1] !== props.range?.[1];
    if (this.shown !== props.series || moved) this.u.setData(this.data(props));
    else this.u.redraw(false);
    this.publish();
  }

  resize(width: number, height: number): void {
    if (width > 0 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height });
  }

  showLine(line: number, show: boolean): void {
    this.u.setSeries(this.places[line] ?? 0, { show });
  }

  /** Put the crosshair on a row of the data, and tell the charts that share it. */
  point(index: number | null): void {
    const time = index === null ? undefined : this.u.data[0]?.[index];
    const left = time === undefined ? -10 : this.u.valToPos(time, "x");
    const top = time === undefined ? -10 : this.u.over.clientHeight / 2;
    // The type does not know the third: whether the others are told.
    (this.u.setCursor as (at: { left: number; top: number }, fire: boolean, tell: boolean) => void)(
      { left, top },
      true,
      true,
    );
  }

  /** The part between two rows, as if it were brushed. */
  mark(from: number, to: number): void {
    const [a, b] = [from, to].map((i) => this.u.valToPos(this.u.data[0]?.[i] ?? 0, "x")) as [number, number];
    const height = this.u.over.clientHeight;
    this.u.setSelect({ left: Math.min(a, b), top: 0, width: Math.abs(b - a), height }, false);
  }

  unmark(): void {
    this.u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  private readonly press = (): void => {
    Plot.pressed = this;
  };

  private data(props: ChartProps): uPlot.AlignedData {
    this.shown = props.series;
    return align(props.series) as uPlot.AlignedData;
  }

  private publish(): void {
    this.props.onDrawn?.({ canvas: () => this.u.ctx.canvas, props: () => this.props });
  }

  private options(hidden: ReadonlySet<string>, stepped?: uPlot.Series.PathBuilder): uPlot.Options {
    const { paint, props } = this;
    const units = unitsOf(props.series);
    const lines: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    props.series.forEach((line, slot) => {
      const stroke = paint(colourName(line, slot));
      const place = lines.length;
      this.places.push(place);
      lines.push({
        label: line.name,
        scale: line.unit,
        show: !hidden.has(line.name),
        stroke,
        width: line.faint === true ? 1.25 : 1.75,
        alpha: line.faint === true ? 0.85 : 1,
        dash: [...dashOf(line, slot)],
        points: { size: 4, width: 0, fill: stroke, filter: lonely },
        // Horizontal until the next value.
        ...(line.stepped === true && stepped && { paths: stepped }),
      });
      if (!shadowed(line)) return;
      const edge: uPlot.Series = { scale: line.unit, width: 0, points: { show: false } };
      lines.push(edge, { ...edge });
      bands.push({ series: [place + 2, place + 1], fill: `${stroke}26` });
    });
    const y = (unit: string): uPlot.Scale => ({
      range: (_, low, high) => {
        const near = this.props.thresholds ?? [];
        const mine = near.filter((one) => (one.unit ?? units[0]) === unit).map((one) => one.value);
        return scaleOf(low, high, mine, this.props.floor);
      },
    });
    const font = fontOf(this.box, 12);
    const grid = { stroke: paint("--line"), width: 1 };
    const stroke = paint("--dim");
    return {
      width: Math.max(this.box.clientWidth, 60),
      height: props.height ?? 220,
      series: lines,
      bands,
      // The signs of what was alerted stand above the lines.
      padding: [() => ((this.props.annotations ?? []).length > 0 ? 26 : 10), 20, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: true, range: (_, low, high) => this.between(low, high) },
        ...Object.fromEntries(units.map((unit) => [unit, y(unit)])),
      },
      axes: [
        {
          stroke,
          font,
          grid,
          ticks: { ...grid, size: 4 },
          gap: 4,
          size: 42,
          space: 62,
          incrs: [...STEPS_S],
          splits: (_u, _i, low, high, step) => roundTimes(low, high, step),
          values: (_u, splits, _i, _space, step) => timeLabels(splits, step),
        },
        // A third unit has its lines and its legend, but no axis: there is no room for it.
        ...units.slice(0, 2).map((unit, i): uPlot.Axis => {
          const axis: uPlot.Axis = {
            scale: unit,
            side: i === 0 ? 3 : 1,
            stroke,
            font,
            ticks: { show: false },
          };
          const size: uPlot.Axis.Size = (_u, values) =>
            16 + 7 * Math.max(2, ...(values ?? []).map((text) => text.length));
          const values: uPlot.Axis.Values = (_u, splits, _i, _s, step) => numberLabels(splits, step);
          return { ...axis, grid: { ...grid, show: i === 0 }, gap: 6, space: 34, size, values };
        }),
      ],
      cursor: {
        x: true,
        y: false,
        points: { size: 7 },
        hover: { prox: 60 },
        drag: { x: props.onRange !== undefined, y: false, setScale: false, dist: 6 },
        ...(props.sync !== undefined && { sync: { key: props.sync, scales: ["x", null], setSeries: false } }),
      },
      hooks: {
        drawAxes: [(u) => paintBands(u, this.props, paint), (u) => paintSpans(u, this.props, paint)],
        draw: [
          (u) => paintThresholds(u, this.props, paint, fontOf(this.box, 11, 500)),
          (u) => this.tellMarkers(u),
        ],
        setCursor: [(u) => this.tellCursor(u)],
        setSelect: [(u) => this.chosen(u)],
      },
    };
  }

  private between(low: number, high: number): [number, number] {
    const range = this.props.range;
    if (range) return [range[0] / 1000, range[1] / 1000];
    if (low === null || high === null) return [0, 1];
    return low === high ? [low - 30, high + 30] : [low, high];
  }

  private tellMarkers(u: uPlot): void {
    const found = markersIn(
      this.props.annotations ?? [],
      (ms) => u.valToPos(ms / 1000, "x"),
      u.over.clientWidth,
    );
    const left = u.over.offsetLeft;
    const now = found.map((one) => ({ ...one, left: one.left + left }));
    if (JSON.stringify(now) !== JSON.stringify(this.told.markers.peek())) this.told.markers.value = now;
  }

  private tellCursor(u: uPlot): void {
    const { idx, idxs } = u.cursor;
    const time = idx === null || idx === undefined ? undefined : u.data[0]?.[idx];
    if (idx === null || idx === undefined || time === undefined) {
      this.told.at.value = null;
      return;
    }
    const values = this.places.map((place) => {
      const at = idxs?.[place];
      return at === null || at === undefined ? null : (u.data[place]?.[at] ?? null);
    });
    this.told.at.value = { index: idx, time, values };
  }

  private chosen(u: uPlot): void {
    const { left, width } = u.select;
    if (width <= 0) return;
    this.unmark();
    if (Plot.pressed === this)
      this.props.onRange?.(u.posToVal(left, "x") * 1000, u.posToVal(left + width, "x") * 1000);
  }
}
