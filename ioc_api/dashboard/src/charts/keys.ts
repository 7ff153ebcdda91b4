import type { Signal } from "@preact/signals";
import { said } from "./Legend";
import type { Plot, Reading } from "./plot";

export interface Keyed {
  /** the row where a chosen part begins */
  anchor: number | null;
}

/** The crosshair by the keyboard; whether the key was for it. */
export function keyOn(
  event: KeyboardEvent,
  plot: Plot,
  keyed: Keyed,
  at: Signal<Reading | null>,
  spoken: Signal<string>,
): boolean {
  const times = plot.u.data[0] ?? [];
  const last = times.length - 1;
  if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
  const here = at.peek()?.index ?? null;
  const next = stepOn(event.key, here, last);
  if (next !== null) {
    if (event.shiftKey && plot.props.onRange) {
      keyed.anchor ??= here ?? next;
      plot.mark(keyed.anchor, next);
    } else {
      keyed.anchor = null;
      plot.unmark();
    }
    plot.point(next);
    const reading = at.peek();
    spoken.value = reading === null ? "" : said(plot.props.series, reading);
    return true;
  }
  if (event.key === "Escape") {
    const was = keyed.anchor !== null || here !== null;
    keyed.anchor = null;
    plot.unmark();
    plot.point(null);
    spoken.value = "";
    return was;
  }
  if (event.key === "Enter" && keyed.anchor !== null && here !== null && here !== keyed.anchor) {
    const [from, to] = [times[Math.min(here, keyed.anchor)] ?? 0, times[Math.max(here, keyed.anchor)] ?? 0];
    keyed.anchor = null;
    plot.unmark();
    plot.props.onRange?.(from * 1000, to * 1000);
    return true;
  }
  return false;
}

/** Which row a key leads to; null: the key is for something else. */
export function stepOn(key: string, here: number | null, last: number): number | null {
  const page = Math.max(1, Math.round(last / 10));
  const by: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -page,
    PageDown: page,
  };
  if (key === "Home") return 0;
  if (key === "End") return last;
  const step = by[key];
  if (step === undefined) return null;
  if (here === null) return step < 0 ? last : 0;
  return Math.min(last, Math.max(0, here + step));
}
