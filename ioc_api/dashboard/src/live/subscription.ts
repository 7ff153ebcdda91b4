import type { Delta, Filter, Keyed, Since, Snapshot, Subscribed, Topic, View } from "./protocol";

/** Where the items of a subscription go. `replace` is the whole truth; `apply` changes it. */
export interface Sink {
  replace(items: Keyed[]): void;
  apply(items: Keyed[], removed: string[]): void;
  /** The server does not give it; `code` as docs/live.md has it. */
  refused?(code: string, message: string): void;
}

/**
 * One topic with its filter, over the life of many sockets. It proves by the `prev` chain that nothing was missed:
 * each method that takes a frame answers false where the chain is broken, and the owner subscribes again.
 */
export class Subscription {
  sub: number | null = null;
  private epoch = "";
  /** The last sequence that was applied; null: nothing that could be resumed. */
  private seq: number | null = null;
  private parts: Keyed[][] = [];
  private waiting: "answer" | "snapshot" | null = null;

  constructor(
    readonly topic: Topic,
    readonly filter: Filter,
    private readonly sink: Sink,
    readonly maxHz = 0,
    readonly view: View | null = null,
  ) {}

  /** The sequence of what was applied last; null while there is nothing, or not all of it. */
  get place(): number | null {
    return this.waiting === null ? this.seq : null;
  }

  /** The frame that asks for it, from where we stopped if there is such a place. */
  request(id: number): Record<string, unknown> {
    this.sub = null;
    this.parts = [];
    this.waiting = "answer";
    const since: Since | null = this.seq === null ? null : { epoch: this.epoch, seq: this.seq };
    return {
      id,
      type: "subscribe",
      topic: this.topic,
      filter: this.filter,
      ...(this.view && { view: this.view }),
      ...(since && { since }),
      ...(this.maxHz > 0 && { max_hz: this.maxHz }),
    };
  }

  /** Forget the place, so that the next request brings a whole snapshot. */
  forget(): void {
    this.seq = null;
  }

  subscribed(frame: Subscribed): boolean {
    this.sub = frame.sub;
    this.epoch = frame.epoch;
    if (frame.mode === "resumed") {
      this.waiting = null;
      // Resumed means: the deltas that follow begin where we stopped, not at the server's present.
      return this.seq !== null;
    }
    this.seq = null;
    this.waiting = "snapshot";
    return true;
  }

  /** Parts are kept until the last is there: the screen changes at once, and is never half empty. */
  snapshot(frame: Snapshot): boolean {
    if (this.waiting !== "snapshot" || frame.part !== this.parts.length + 1) return false;
    this.parts.push(frame.items);
    if (frame.part < frame.parts) return true;
    const items = this.parts.flat();
    this.parts = [];
    this.waiting = null;
    this.seq = frame.seq;
    this.sink.replace(items);
    return true;
  }

  delta(frame: Delta): boolean {
    if (this.waiting !== null || this.seq === null || frame.prev !== this.seq) return false;
    this.seq = frame.seq;
    this.sink.apply(frame.items, frame.removed ?? []);
    return true;
  }

  refused(code: string, message: string): void {
    this.sink.refused?.(code, message);
  }

  /** The server could not go on; its snapshot follows under the same number. */
  reset(): void {
    this.seq = null;
    this.parts = [];
    this.waiting = "snapshot";
  }

  /** The socket is gone; what was applied stays and can be resumed. */
  detach(): void {
    this.sub = null;
    this.parts = [];
    this.waiting = null;
  }
}
