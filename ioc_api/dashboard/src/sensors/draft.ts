import { type Signal, signal } from "@preact/signals";
import { changesOf, type Typed } from "./record";

/** A record as somebody types it, over the one that is registered. */
export class Draft {
  readonly typed: Signal<Typed>;

  /** `began`: as it is registered, as far as is known here */
  constructor(private began: Typed) {
    this.typed = signal(began);
  }

  put(part: Partial<Typed>): void {
    this.typed.value = { ...this.typed.peek(), ...part };
  }

  /** What is to be sent, that others' changes stay. */
  get changes(): Record<string, unknown> {
    return changesOf(this.began, this.typed.peek());
  }

  /**
   * So it is registered now. What has been typed since `since` (what was sent, or the record of before) stays as it is
   * typed; the rest is as it is registered, so that nothing of another person's is ever sent back as it was.
   */
  take(registered: Typed, since: Typed = this.began): void {
    const typed = Object.entries(this.typed.peek()).map(([field, value]) => {
      const own = JSON.stringify(value) !== JSON.stringify(since[field as keyof Typed]);
      return [field, own ? value : registered[field as keyof Typed]];
    });
    this.began = registered;
    this.typed.value = Object.fromEntries(typed) as unknown as Typed;
  }
}
