import { type ReadonlySignal, signal } from "@preact/signals";
import { type Connection, LiveClient, type Strange } from "../live/client";
import { type Follow, follower } from "../live/follow";
import type { World } from "../live/world";
import { stamp, type Wanted } from "./spans";

/** What the server says of its clock: the frame `time`. Times in ms since 1970. */
export interface Shown {
  at: number;
  from: number;
  to: number;
  speed: number;
  /** how fast it really goes by; null: not known yet, or it stands still */
  reached: number | null;
  playing: boolean;
  loading: boolean;
  ended: boolean;
  source: "readings" | "minutes" | "both";
  /** why nothing moves, in a word */
  trouble: string | null;
}

/** Between two wishes to be elsewhere: whoever scrubs has many. */
const SEEK_MS = 250;

/** The other end of the time machine: one socket, and what is wanted of it. */
export class Machine {
  readonly follow: Follow;
  readonly connection: ReadonlySignal<Connection>;
  /** What is shown; null: nothing yet. */
  readonly shown = signal<Shown | null>(null);
  /** What the server would not do, in its words. */
  readonly refusal = signal<string | null>(null);
  /** Where somebody is on the way to, until it is shown there. */
  readonly aim = signal<number | null>(null);
  private readonly state = signal<Connection>({ phase: "connecting", lostAt: null, attempt: 0 });
  private readonly client: LiveClient;
  private playing: boolean;
  private cancelSeek: (() => void) | null = null;
  private soughtAt = 0;

  constructor(
    private readonly world: World,
    token: () => string | null,
    private wanted: Wanted,
    paused = false,
  ) {
    this.playing = !paused;
    this.connection = this.state;
    this.client = new LiveClient(
      world,
      {
        connection: (state) => {
          this.state.value = state;
        },
        welcome: () => this.begin(),
        health: () => {},
        refused: (_, code, message) => {
          if (code !== "forbidden") this.refusal.value = message;
        },
        other: (frame) => this.hear(frame),
      },
      token,
    );
    this.follow = follower(this.client);
  }

  start(): void {
    this.client.start();
  }

  stop(): void {
    this.cancelSeek?.();
    this.client.stop();
  }

  /** What a link would reproduce now. */
  get now(): Wanted {
    return { ...this.wanted, at: this.aim.peek() ?? this.shown.peek()?.at ?? this.wanted.at };
  }

  /** Show another part of the past. */
  show(wanted: Wanted): void {
    this.cancelSeek?.();
    this.cancelSeek = null;
    this.wanted = wanted;
    this.playing = true;
    this.shown.value = null;
    this.aim.value = null;
    this.begin();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    this.playing = true;
    if (this.state.peek().phase === "stopped") {
      // Others had its place meanwhile: on from where it was, and from the beginning where it had ended.
      if (this.shown.peek()?.ended) this.aim.value = this.wanted.from;
      this.client.start();
      return;
    }
    this.mark({ playing: true });
    this.client.say({ type: "play" });
  }

  pause(): void {
    this.playing = false;
    this.mark({ playing: false, reached: null });
    this.client.say({ type: "pause" });
  }

  speed(speed: number): void {
    this.wanted = { ...this.wanted, speed };
    this.mark({ speed, reached: null });
    this.client.say({ type: "speed", speed });
  }

  /** Be elsewhere. Of many wishes the last one counts. */
  seek(ms: number): void {
    const { from, to } = this.wanted;
    this.aim.value = Math.min(Math.max(ms, from), to);
    if (this.cancelSeek) return;
    const wait = Math.max(0, this.soughtAt + SEEK_MS - this.world.now());
    this.cancelSeek = this.world.after(wait, () => {
      this.cancelSeek = null;
      this.soughtAt = this.world.now();
      if (this.aim.peek() !== null)
        this.client.say({ type: "seek", at: new Date(this.aim.peek() ?? 0).toISOString() });
    });
  }

  private begin(): void {
    const { from, to, speed } = this.wanted;
    const at = this.now.at;
    this.client.say({
      type: "play",
      from: stamp(from),
      to: stamp(to),
      at: new Date(at).toISOString(),
      speed,
      paused: !this.playing,
    });
  }

  private mark(change: Partial<Shown>): void {
    const shown = this.shown.peek();
    if (shown) this.shown.value = { ...shown, ...change };
  }

  private hear(frame: Strange): void {
    if (frame.type === "error") {
      this.refusal.value = String(frame.message ?? "");
      return;
    }
    if (frame.type !== "time") return;
    const told = frame as unknown as Record<"at" | "from" | "to", string> & Omit<Shown, "at" | "from" | "to">;
    const shown = { ...told, at: Date.parse(told.at), from: Date.parse(told.from), to: Date.parse(told.to) };
    this.refusal.value = null;
    this.shown.value = shown;
    if (shown.ended) this.playing = false;
    if (!shown.loading && this.cancelSeek === null) this.aim.value = null;
  }
}
