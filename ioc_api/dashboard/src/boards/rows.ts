/** A line of points at whole steps, in bounded memory: what history says, and what is heard since. */
export class Row {
  readonly times: number[] = [];
  readonly values: (number | null)[] = [];

  constructor(
    readonly stepS: number,
    readonly spanS: number,
  ) {}

  /** The begin of the step that a moment (s) ends in: one on the border belongs to the step before it. */
  bucket(atS: number): number {
    return Math.ceil(atS / this.stepS) * this.stepS - this.stepS;
  }

  /** What history says, in place of what there was; `fresh` points that are newer stay. */
  fill(startS: number, values: readonly (number | null)[]): void {
    const last = startS + (values.length - 1) * this.stepS;
    const kept = this.times.findIndex((time) => time > last);
    const [times, rest] = kept < 0 ? [[], []] : [this.times.slice(kept), this.values.slice(kept)];
    // The running step is better known by its window than by the part of it that is there.
    const at = this.times.indexOf(last);
    const running = at < 0 ? null : (this.values[at] ?? null);
    this.times.length = 0;
    this.values.length = 0;
    for (let i = 0; i < values.length; i++) {
      this.times.push(startS + i * this.stepS);
      this.values.push(values[i] ?? null);
    }
    if (running !== null && values.length > 0) this.values[values.length - 1] = running;
    for (let i = 0; i < times.length; i++) {
      this.times.push(times[i] ?? 0);
      this.values.push(rest[i] ?? null);
    }
  }

  /** What is said of the step that the moment ends in; a step that is older than the newest is passed over. */
  put(atS: number, value: number | null): void {
    const time = this.bucket(atS);
    const last = this.times.length - 1;
    const newest = this.times[last];
    if (newest !== undefined && time < newest) return;
    if (time === newest) {
      if (value !== null) this.values[last] = value;
      return;
    }
    if (newest !== undefined)
      for (let t = newest + this.stepS; t < time && time - newest <= this.spanS; t += this.stepS) {
        this.times.push(t);
        this.values.push(null);
      }
    this.times.push(time);
    this.values.push(value);
    this.trim(time);
  }

  private trim(nowS: number): void {
    const from = this.times.findIndex((time) => time >= nowS - this.spanS);
    if (from > 0) {
      this.times.splice(0, from);
      this.values.splice(0, from);
    }
  }

  get empty(): boolean {
    return this.values.every((value) => value === null);
  }
}

/** Sums from the beginning on; a gap holds what was there, and stays null before the first and after the last value. */
export function summed(values: readonly (number | null)[]): (number | null)[] {
  let total = 0;
  let begun = false;
  let last = values.length - 1;
  while (last >= 0 && (values[last] ?? null) === null) last -= 1;
  return values.map((value, i) => {
    if (value !== null) {
      total += value;
      begun = true;
    }
    return begun && i <= last ? total : null;
  });
}
