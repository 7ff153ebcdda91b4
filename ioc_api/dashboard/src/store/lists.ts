import { signal } from "@preact/signals";
import { ApiError, getPage } from "../api/http";

/** A list of the server that is read page by page. */
export class Listed<T> {
  readonly items = signal<T[] | null>(null);
  readonly next = signal<string | null>(null);
  readonly busy = signal(false);
  /** Why it could not be read, as the server said it. */
  readonly trouble = signal<string | null>(null);
  private asked = 0;

  /** Read it from its beginning; an answer to an older question is not shown. */
  async read(path: string): Promise<void> {
    await this.page(path, null);
  }

  /** One page on. */
  async more(path: string): Promise<void> {
    if (this.next.peek() !== null && !this.busy.peek()) await this.page(path, this.next.peek());
  }

  private async page(path: string, cursor: string | null): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    this.busy.value = true;
    try {
      const page = await getPage<T>(path, cursor);
      if (mine !== this.asked) return;
      this.items.value = cursor === null ? page.items : [...(this.items.peek() ?? []), ...page.items];
      this.next.value = page.next ?? null;
      this.trouble.value = null;
    } catch (cause) {
      if (mine !== this.asked) return;
      this.trouble.value =
        cause instanceof ApiError && cause.status > 0 && cause.status < 500 ? cause.detail : "";
    } finally {
      if (mine === this.asked) this.busy.value = false;
    }
  }
}
