import type { Machine } from "./machine";
import { SPEEDS } from "./spans";

const MINUTE_MS = 60_000;

/** What a key does on this page: space plays, arrows step by a minute (with Shift by ten), brackets go to alerts. */
export function pressed(
  event: KeyboardEvent,
  machine: Machine,
  before: number | null,
  after: number | null,
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target instanceof HTMLElement ? event.target : null;
  const slider = target?.matches('input[type="range"]') ?? false;
  if (!slider && target?.closest("input, select, textarea, [contenteditable]")) return false;
  const onMap = target?.closest(".map") !== null && target !== null;
  const step = event.shiftKey ? 10 * MINUTE_MS : MINUTE_MS;
  const { from, to, at, speed } = machine.now;
  switch (event.key) {
    case " ":
      // A button that has the focus is pressed by it.
      if (target?.closest("button, a, summary")) return false;
      machine.toggle();
      return true;
    case "ArrowLeft":
    case "ArrowRight":
      if (onMap) return false;
      machine.seek(at + (event.key === "ArrowLeft" ? -step : step));
      return true;
    case "PageUp":
    case "PageDown":
      if (!slider) return false;
      machine.seek(at + (event.key === "PageDown" ? -10 : 10) * MINUTE_MS);
      return true;
    case "Home":
    case "End":
      if (!slider) return false;
      machine.seek(event.key === "Home" ? from : to);
      return true;
    case "[":
    case "]": {
      const there = event.key === "[" ? before : after;
      if (there !== null) machine.seek(there);
      return there !== null;
    }
    case "+":
    case "-": {
      if (onMap) return false;
      const next = SPEEDS[SPEEDS.indexOf(speed) + (event.key === "+" ? 1 : -1)];
      if (next !== undefined) machine.speed(next);
      return next !== undefined;
    }
    default:
      return false;
  }
}
