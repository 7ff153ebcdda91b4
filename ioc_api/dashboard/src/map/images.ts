import type { Condition } from "../api/types";
import { SHAPES } from "../marks/shapes";

const RATIO = 2;
const BOX = 16;
const HALO = 2;
/** Size on the screen of the box of 16, where the map draws it at size 1. */
const SCALE = 0.62;

/** The value of a custom property of the present theme. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The sign of a liveness as a picture for the map, with a rim in the ground's colour so that crowds stay legible. */
export function drawMark(of: Condition): ImageData | null {
  const side = Math.ceil((BOX + 2 * HALO) * SCALE * RATIO);
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  const shape = SHAPES[of];
  const path = new Path2D(shape.path);
  pen.scale(SCALE * RATIO, SCALE * RATIO);
  pen.translate(HALO, HALO);
  pen.lineJoin = "round";
  pen.lineCap = "round";
  pen.strokeStyle = colour("--map-ground");
  pen.lineWidth = shape.filled ? 3 : 5.5;
  pen.stroke(path);
  if (shape.filled) {
    pen.fillStyle = colour(shape.colour);
    pen.fill(path);
  } else {
    pen.strokeStyle = colour(shape.colour);
    pen.lineWidth = of === "never_seen" ? 1.9 : 2.8;
    pen.stroke(path);
  }
  return pen.getImageData(0, 0, side, side);
}

export const IMAGE_RATIO = RATIO;
