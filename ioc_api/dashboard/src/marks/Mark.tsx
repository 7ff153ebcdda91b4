import type { Condition } from "../api/types";
import { SHAPES } from "./shapes";

/** The sign of how a sensor is in a line of text; the words beside it say the same. */
export function Mark({ of }: { of: Condition }) {
  const shape = SHAPES[of];
  return (
    <svg class={`mark mark-${of}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={shape.path} class={shape.filled ? "mark-filled" : "mark-line"} />
    </svg>
  );
}
