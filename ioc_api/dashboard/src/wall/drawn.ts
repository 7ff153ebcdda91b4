/** What a wall tells the server of what it has drawn: docs/live.md, Wallboards. */

interface Line {
  /** subscription and sequence of what has been taken in last, of each that has something */
  places(): [sub: number, seq: number][];
  drawn(sub: number, seq: number): void;
}

interface Painter {
  now(): number;
  /** before the next picture is drawn; never, where none is */
  frame(work: () => void): void;
  after(ms: number, work: () => void): () => void;
}

export const EVERY_MS = 5_000;
/** The wall is put together anew every second: one that was not for so long stands still, whatever is taken in. */
export const STILL_MS = 5_000;

/** When the wall was put on the screen last, by the painter's clock; null: not yet. */
let painted: number | null = null;

/** The pictures are on the screen as they are now. */
export function notePainted(painter: Pick<Painter, "now"> = browserPainter): void {
  painted = painter.now();
}

/**
 * Tell again and again, from within the drawing of pictures. What was taken in before a picture began is on the screen when
 * the one after the next begins: it is put together for the first, and painted with the second. Nothing is told while the
 * wall itself stands still (a fault in a script), though pictures are drawn. Answers how to stop.
 */
export function tellDrawn(line: Line, painter: Painter = browserPainter): () => void {
  let over = false;
  let cancel = (): void => {};
  const round = (): void => {
    if (over) return;
    const places = line.places();
    painter.frame(() =>
      painter.frame(() => {
        if (over) return;
        const moves = painted !== null && painter.now() - painted <= STILL_MS;
        if (moves) for (const [sub, seq] of places) line.drawn(sub, seq);
        cancel = painter.after(EVERY_MS, round);
      }),
    );
  };
  round();
  return () => {
    over = true;
    cancel();
  };
}

const browserPainter: Painter = {
  now: () => performance.now(),
  frame: (work) => {
    requestAnimationFrame(work);
  },
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
