import type { Severity } from "../api/alerts";
import { SEVERITY_SHAPES } from "./severities";

/** The sign of a severity; the word beside it says the same. */
export function SeverityMark({ of }: { of: Severity }) {
  const shape = SEVERITY_SHAPES[of] ?? SEVERITY_SHAPES.info;
  return (
    <svg class={`severity severity-${of}`} data-filled={shape.filled} viewBox="0 0 16 16" aria-hidden="true">
      <path d={shape.body} class="severity-body" />
      <path d={shape.inner} class="severity-inner" />
    </svg>
  );
}
