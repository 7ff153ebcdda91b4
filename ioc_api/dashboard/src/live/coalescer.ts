import type { Keyed } from "./protocol";
import type { Sink } from "./subscription";

/**
 * Between the socket and the screen: keeps only the newest item of each key until the next frame is drawn, so that
 * the work and the memory depend on what is shown and not on how fast it arrives.
 */
export class Coalescer implements Sink {
  private readonly items = new Map<string, Keyed | null>();
  private whole: Keyed[] | null = null;
  private scheduled = false;

  constructor(
    private readonly target: Sink,
    private readonly schedule: (work: () => void) => void,
  ) {}

  replace(items: Keyed[]): void {
    this.items.clear();
    this.whole = items;
    this.arrange();
  }

  apply(items: Keyed[], removed: string[]): void {
    for (const item of items) this.items.set(item.key, item);
    for (const key of removed) this.items.set(key, null);
    this.arrange();
  }

  refused(code: string, message: string): void {
    this.target.refused?.(code, message);
  }

  /** How many keys wait to be drawn. */
  get pending(): number {
    return this.items.size + (this.whole?.length ?? 0);
  }

  private arrange(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    if (this.whole) {
      const whole = this.whole;
      this.whole = null;
      this.target.replace(whole);
    }
    if (this.items.size === 0) return;
    const items: Keyed[] = [];
    const removed: string[] = [];
    for (const [key, item] of this.items) item ? items.push(item) : removed.push(key);
    this.items.clear();
    this.target.apply(items, removed);
  }
}

/**
 * Before the next picture, but within a second, once: a hidden page draws none, also where it is hidden between the
 * asking and the drawing.
 */
export function beforeNextFrame(work: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    work();
  };
  const timer = setTimeout(once, 1000);
  requestAnimationFrame(once);
}
