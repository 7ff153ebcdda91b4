import type { Connection, Listener } from "../src/live/client";
import type { Keyed } from "../src/live/protocol";
import type { Sink, Subscription } from "../src/live/subscription";
import type { Socket, World } from "../src/live/world";

/** A server's end of a socket: what the client said, and a way to answer. */
export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly said: Record<string, unknown>[] = [];
  closed: number | null = null;

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }

  close(code = 1000): void {
    this.closed ??= code;
  }

  say(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome(): void {
    this.onopen?.();
    this.say({ id: 1, type: "welcome", epoch: "e1", server_time: "2026-11-23T00:00:00.000Z", ping_s: 25 });
  }

  /** The last frame of a type that the client sent. */
  last(type: string): Record<string, unknown> {
    const found = this.said.findLast((frame) => frame.type === type);
    if (!found) throw new Error(`the client sent no ${type}`);
    return found;
  }

  count(type: string): number {
    return this.said.filter((frame) => frame.type === type).length;
  }
}

/** Time that moves when told to, and sockets that are kept. */
export class FakeWorld implements World {
  readonly sockets: FakeSocket[] = [];
  time = 1_000_000;
  chance = 1;
  private timers: { at: number; work: () => void }[] = [];

  open(): FakeSocket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }

  now(): number {
    return this.time;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.time + ms, work };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.work();
    }
    this.time = end;
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
}

export class Heard implements Listener {
  readonly states: Connection[] = [];
  readonly refusals: string[] = [];
  health(): void {}
  welcome(): void {}

  connection(state: Connection): void {
    this.states.push(state);
  }

  refused(_: Subscription, code: string): void {
    this.refusals.push(code);
  }

  get phase(): string | undefined {
    return this.states.at(-1)?.phase;
  }
}

/** A table of what was received, as a screen would hold it. */
export class Table implements Sink {
  rows = new Map<string, Keyed>();
  replaced = 0;

  replace(items: Keyed[]): void {
    this.replaced += 1;
    this.rows = new Map(items.map((item) => [item.key, item]));
  }

  apply(items: Keyed[], removed: string[]): void {
    for (const item of items) this.rows.set(item.key, item);
    for (const key of removed) this.rows.delete(key);
  }

  get keys(): string[] {
    return [...this.rows.keys()].sort();
  }
}
