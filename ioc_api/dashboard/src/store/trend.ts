/**
 * What was received since the page was opened, in bounded memory: when the buffer is full, every second point goes and
 * the spacing doubles, so that a page open for a week still shows the week.
 */
export class Trend {
  private times: number[] = [];
  private values: number[] = [];
  private spacingMs: number;

  constructor(
    private readonly capacity = 240,
    firstSpacingMs = 1000,
  ) {
    this.spacingMs = firstSpacingMs;
  }

  /** Time in milliseconds; NaN marks a gap. Points closer than the spacing replace the last one. */
  push(time: number, value: number): void {
    const last = this.times.length - 1;
    const lastTime = this.times[last];
    if (lastTime !== undefined && time < lastTime) return;
    const before = this.times[last - 1];
    const lastValue = this.values[last];
    const crowded = before !== undefined && lastTime !== undefined && lastTime - before < this.spacingMs;
    if (crowded && Number.isNaN(value) === Number.isNaN(lastValue)) {
      this.times[last] = time;
      this.values[last] = value;
      return;
    }
    this.times.push(time);
    this.values.push(value);
    if (this.times.length > this.capacity) this.thin();
  }

  /** Nothing is known from here on. */
  interrupt(time: number): void {
    const last = this.values[this.values.length - 1];
    if (last !== undefined && !Number.isNaN(last)) this.push(time, Number.NaN);
  }

  get length(): number {
    return this.times.length;
  }

  get start(): number | undefined {
    return this.times[0];
  }

  points(): readonly [readonly number[], readonly number[]] {
    return [this.times, this.values];
  }

  /** The least and the greatest value; null while there is none. */
  range(): [number, number] | null {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const v of this.values) {
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return low <= high ? [low, high] : null;
  }

  private thin(): void {
    // Gaps are kept, or a line would be drawn over a time that nobody saw.
    const keep = (_: number, i: number): boolean => i % 2 === 0 || Number.isNaN(this.values[i]);
    const times = this.times.filter(keep);
    this.values = this.values.filter(keep);
    this.times = times;
    this.spacingMs *= 2;
    if (this.times.length > this.capacity) {
      this.times.splice(0, this.times.length - this.capacity);
      this.values.splice(0, this.values.length - this.capacity);
    }
  }
}
