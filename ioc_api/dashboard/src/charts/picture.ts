import { nameOfUnit, valueless } from "./Legend";
import type { ChartHandle, Line } from "./model";
import { colourName, dashOf, fontOf, paints } from "./palette";

interface Picture {
  title: string;
  /** span, step and the like, under the title */
  subtitle: string;
  /** whose data it is, and when the picture was made */
  source: string;
}

const PAD = 20;
const LINE = 18;

/** Charts as they are shown now, one under another, with title, legends and source; null where none is drawn yet. */
export async function exportPng(charts: readonly ChartHandle[], words: Picture): Promise<Blob | null> {
  const drawn = charts.flatMap((one) => {
    const canvas = one.canvas();
    return canvas === null || canvas.width === 0 ? [] : [{ canvas, props: one.props() }];
  });
  const first = drawn[0];
  if (first === undefined) return null;
  const root = document.documentElement;
  const paint = paints(root);
  const dot =
    first.canvas.width / Math.max(1, Number.parseFloat(first.canvas.style.width) || first.canvas.clientWidth);
  const width = Math.max(...drawn.map(({ canvas }) => canvas.width / dot), 320);
  const pen = document.createElement("canvas").getContext("2d");
  if (pen === null) return null;
  const font = (size: number, weight = 400): string => fontOf(document.body, size, weight);
  pen.font = font(13);
  const legends = drawn.map(({ props }) => rows(pen, props.series, width));
  const top = PAD + 26 + LINE + 10;
  const heights = drawn.map(
    ({ canvas }, i) => LINE + 6 + canvas.height / dot + (legends[i]?.length ?? 0) * LINE + 14,
  );
  const height = top + heights.reduce((sum, one) => sum + one, 0) + LINE + PAD;
  const sheet = pen.canvas;
  sheet.width = Math.round((width + 2 * PAD) * dot);
  sheet.height = Math.round(height * dot);
  pen.scale(dot, dot);
  pen.fillStyle = paint("--panel");
  pen.fillRect(0, 0, width + 2 * PAD, height);
  const write = (text: string, x: number, y: number, size: number, weight: number, colour: string): void => {
    pen.font = font(size, weight);
    pen.fillStyle = paint(colour);
    pen.fillText(text, x, y, width - x + PAD);
  };
  write(words.title, PAD, PAD + 18, 19, 600, "--text");
  write(words.subtitle, PAD, PAD + 18 + LINE + 4, 13, 400, "--dim");
  let y = top;
  drawn.forEach(({ canvas, props }, i) => {
    write(props.label, PAD, y + 14, 13, 600, "--text");
    y += LINE + 6;
    pen.drawImage(canvas, PAD, y, canvas.width / dot, canvas.height / dot);
    y += canvas.height / dot + 4;
    for (const row of legends[i] ?? []) {
      for (const { line, slot, x } of row) {
        pen.strokeStyle = paint(colourName(line, slot));
        pen.lineWidth = line.faint === true ? 1.2 : 2.2;
        pen.setLineDash([...dashOf(line, slot)]);
        pen.beginPath();
        pen.moveTo(PAD + x, y + 9);
        pen.lineTo(PAD + x + 30, y + 9);
        pen.stroke();
        pen.setLineDash([]);
        write(named(line), PAD + x + 36, y + 14, 13, 400, "--text");
      }
      y += LINE;
    }
    y += 10;
  });
  write(words.source, PAD, height - PAD, 12, 400, "--dim");
  return new Promise((done) => sheet.toBlob(done, "image/png"));
}

function named(line: Line): string {
  return valueless(line) ? line.name : `${line.name} (${nameOfUnit(line)})`;
}

interface Entry {
  line: Line;
  slot: number;
  x: number;
}

/** The lines' names in rows that are no wider than the picture. */
function rows(pen: CanvasRenderingContext2D, series: readonly Line[], width: number): Entry[][] {
  const found: Entry[][] = [];
  let x = width;
  series.forEach((line, slot) => {
    const wide = 36 + pen.measureText(named(line)).width + 20;
    if (x + wide > width || found.length === 0) {
      found.push([]);
      x = 0;
    }
    found.at(-1)?.push({ line, slot, x });
    x += wide;
  });
  return found;
}

/** Give a file to whoever asked for it. */
export function hand(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
