import type uPlot from "uplot";
import type { Severity } from "../api/alerts";
import type { ChartProps } from "./model";
import { unitsOf } from "./model";

type Paint = (name: string) => string;

const SEVERITY: Readonly<Record<Severity, string>> = {
  critical: "--off",
  major: "--major",
  warning: "--late",
  info: "--info",
};
/** A dash of its own for each severity: a threshold is told by more than its colour. */
const DASH: Readonly<Record<Severity, readonly number[]>> = {
  critical: [2, 2],
  major: [6, 3],
  warning: [10, 4],
  info: [1, 4],
};

/** More shades than these, one over another, hide what they are behind; then the strip above tells of them. */
const SHADED = 24;

/** Grounds between values: levels of an index, a norm. */
export function paintBands(u: uPlot, props: ChartProps, paint: Paint): void {
  const unit = unitsOf(props.series)[0];
  const scale = unit === undefined ? undefined : u.scales[unit];
  if (unit === undefined || scale?.min == null || scale.max == null) return;
  const { left, top, width, height } = u.bbox;
  const y = (value: number): number => Math.min(top + height, Math.max(top, u.valToPos(value, unit, true)));
  u.ctx.save();
  for (const band of props.bands ?? []) {
    const from = y(band.from ?? scale.min);
    const to = y(band.to ?? scale.max);
    u.ctx.globalAlpha = 0.16;
    u.ctx.fillStyle = paint(band.colour);
    u.ctx.fillRect(left, to, width, from - to);
    // A strip beside the axis tells the ground's colour where lines cover it.
    u.ctx.globalAlpha = 0.9;
    u.ctx.fillRect(left, to, 3 * ratio(u), from - to);
  }
  u.ctx.restore();
}

/** While something was alerted: a shade from its first breach to its end, and its beginning. */
export function paintSpans(u: uPlot, props: ChartProps, paint: Paint): void {
  const { left, top, width, height } = u.bbox;
  const x = (ms: number): number => Math.min(left + width, Math.max(left, u.valToPos(ms / 1000, "x", true)));
  const dot = ratio(u);
  u.ctx.save();
  const shaded = (props.annotations ?? []).length <= SHADED;
  for (const one of props.annotations ?? []) {
    const [from, to] = [x(one.from), one.to === null ? left + width : x(one.to)];
    if (to <= left || from >= left + width) continue;
    u.ctx.fillStyle = paint(SEVERITY[one.severity]);
    if (shaded) {
      u.ctx.globalAlpha = 0.07;
      u.ctx.fillRect(from, top, Math.max(to - from, dot), height);
    }
    u.ctx.globalAlpha = 0.85;
    u.ctx.fillRect(from, top, Math.max(to - from, 2 * dot), 3 * dot);
    if (shaded && from > left) {
      u.ctx.globalAlpha = 0.5;
      u.ctx.fillRect(from, top, dot, height);
    }
  }
  u.ctx.restore();
}

/** Where rules begin to hold. One that is far from the values is named at the edge it lies behind. */
export function paintThresholds(u: uPlot, props: ChartProps, paint: Paint, font: string): void {
  const first = unitsOf(props.series)[0];
  const { left, top, width, height } = u.bbox;
  const dot = ratio(u);
  const ctx = u.ctx;
  ctx.save();
  ctx.font = font.replace(/(\d+)px/, (_, size: string) => `${Number(size) * dot}px`);
  ctx.textAlign = "right";
  const taken: number[] = [];
  for (const one of props.thresholds ?? []) {
    const unit = one.unit ?? first;
    const scale = unit === undefined ? undefined : u.scales[unit];
    if (unit === undefined || scale?.min == null || scale.max == null) continue;
    const colour = paint(SEVERITY[one.severity]);
    const behind = one.value > scale.max ? "↑ " : one.value < scale.min ? "↓ " : "";
    const at = Math.min(top + height, Math.max(top, u.valToPos(one.value, unit, true)));
    if (behind === "") {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.5 * dot;
      ctx.setLineDash(DASH[one.severity].map((n) => n * dot));
      ctx.beginPath();
      ctx.moveTo(left, at);
      ctx.lineTo(left + width, at);
      ctx.stroke();
    }
    // Names do not stand upon each other, nor on the edge.
    const line = 14 * dot;
    let text = at - 4 * dot;
    if (text - line < top) text = at + line - 2 * dot;
    while (taken.some((other) => Math.abs(other - text) < line)) text += line;
    taken.push(text);
    label(ctx, `${behind}${one.label}`, left + width - 6 * dot, text, colour, paint("--panel"), dot);
  }
  ctx.restore();
}

function label(
  ctx: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  ground: string,
  dot: number,
): void {
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = 3 * dot;
  ctx.strokeStyle = ground;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

function ratio(u: uPlot): number {
  return u.width > 0 ? u.ctx.canvas.width / u.width : 1;
}
