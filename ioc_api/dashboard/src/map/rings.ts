import { CONDITIONS, type Condition } from "../api/types";
import { SHAPES } from "../marks/shapes";
import { colour, IMAGE_RATIO } from "./images";
import { colourAt, RAMP } from "./ramp";
import type { Cluster } from "./sights";

/** Side of a cluster's picture on the screen where it is drawn at size 1. */
const SIDE = 34;
const PARTS = 12;
/** What is not well comes first, from the top clockwise. */
const ORDER: readonly Condition[] = ["offline", "late", "maintenance", "never_seen", "online"];

/** Twelfths of a ring per condition, in `ORDER`: whoever is there at all has one. */
export function partsOf(cluster: Pick<Cluster, Condition>): number[] {
  const all = CONDITIONS.reduce((sum, name) => sum + cluster[name], 0);
  const parts = ORDER.map((name) =>
    cluster[name] === 0 ? 0 : Math.max(1, Math.round((cluster[name] / Math.max(1, all)) * PARTS)),
  );
  // The most give way, so that the ring is closed.
  const excess = parts.reduce((sum, n) => sum + n, 0) - PARTS;
  const widest = parts.indexOf(Math.max(...parts));
  parts[widest] = Math.max(0, (parts[widest] ?? 0) - excess);
  return parts;
}

/** The name of the picture of a ring, which says all that is on it. */
export function ringName(parts: readonly number[]): string {
  return `ring/${parts.join("/")}`;
}

export function stepName(place: number): string {
  return `step/${place}`;
}

/** Draw a picture by its name; null: it is none of ours. */
export function drawNamed(name: string): ImageData | null {
  const [kind, ...words] = name.split("/");
  if (kind === "ring") return drawRing(words.map(Number));
  if (kind === "step") return drawStep(Number(words[0]));
  return null;
}

export function stepNames(): string[] {
  return RAMP.map((_, place) => stepName(place));
}

function canvas(): [CanvasRenderingContext2D, number] | null {
  const side = SIDE * IMAGE_RATIO;
  const made = document.createElement("canvas");
  made.width = made.height = side;
  const pen = made.getContext("2d");
  if (!pen) return null;
  pen.scale(IMAGE_RATIO, IMAGE_RATIO);
  return [pen, side];
}

/** A disc of the ground, and around it how many of those beneath are how. What is not well is broader too. */
function drawRing(parts: readonly number[]): ImageData | null {
  const made = canvas();
  if (!made) return null;
  const [pen, side] = made;
  const middle = SIDE / 2;
  pen.fillStyle = colour("--map-disc");
  pen.beginPath();
  pen.arc(middle, middle, middle - 1, 0, 2 * Math.PI);
  pen.fill();
  let from = -Math.PI / 2;
  ORDER.forEach((name, i) => {
    const width = ((parts[i] ?? 0) / PARTS) * 2 * Math.PI;
    if (width === 0) return;
    const thick = name === "online" ? 2.2 : name === "never_seen" ? 3 : 5;
    pen.strokeStyle = colour(SHAPES[name].colour);
    pen.lineWidth = thick;
    pen.beginPath();
    pen.arc(middle, middle, middle - 1.5 - thick / 2, from, from + width - (width < 6 ? 0.06 : 0));
    pen.stroke();
    from += width;
  });
  return pen.getImageData(0, 0, side, side);
}

/** A disc in a colour of the ramp, with a rim that parts it from every ground. */
function drawStep(place: number): ImageData | null {
  const made = canvas();
  if (!made) return null;
  const [pen, side] = made;
  pen.fillStyle = colourAt(place);
  pen.strokeStyle = colour("--map-rim");
  pen.lineWidth = 1.6;
  pen.beginPath();
  pen.arc(SIDE / 2, SIDE / 2, SIDE / 2 - 2, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, side, side);
}
