import { backoff } from "./backoff";
import type { Connection, Listener, Strange } from "./listener";
import { NO_PONG, readFrame, type ServerFrame, STAY_AWAY, TOO_FAST } from "./protocol";
import type { Subscription } from "./subscription";
import type { Socket, World } from "./world";

export type { Connection, Listener, Strange };

const WELCOME_WITHIN_MS = 10_000;
/** A connection that lasted so long starts the next series of attempts from the beginning. */
const STEADY_MS = 5_000;
const RETRY_SUBSCRIPTION_MS = 2_000;

/** The one owner of the websocket: keeps it, proves it, and brings it back. */
export class LiveClient {
  private socket: Socket | null = null;
  private readonly subscriptions = new Set<Subscription>();
  private readonly asked = new Map<number, Subscription>();
  private readonly bySub = new Map<number, Subscription>();
  private nextId = 1;
  private attempt = 0;
  private lostAt: number | null = null;
  /** When the present connection said something last. */
  private heardAt: number | null = null;
  private ended = false;
  private welcomedAt: number | null = null;
  private silenceMs = WELCOME_WITHIN_MS;
  private cancelTimer: () => void = () => {};
  private cancelWatch: () => void = () => {};

  constructor(
    private readonly world: World,
    private readonly listener: Listener,
    /** A token instead of the cookie, where there is one. */
    private readonly token: () => string | null = () => null,
  ) {}

  start(): void {
    this.ended = false;
    this.cancelTimer();
    this.drop();
    this.listener.connection({ phase: "connecting", lostAt: this.lostAt, attempt: this.attempt });
    const socket = this.world.open();
    this.socket = socket;
    this.nextId = 1;
    this.heardAt = null;
    this.silenceMs = WELCOME_WITHIN_MS;
    this.watch();
    socket.onopen = () => {
      const token = this.token();
      this.send({ id: this.nextId++, type: "auth", ...(token !== null && { token }) });
    };
    socket.onmessage = (event) => {
      this.heardAt = this.world.now();
      this.watch();
      const frame = readFrame(event.data);
      if (frame) this.take(frame);
    };
    socket.onclose = (event) => this.lost(event.code);
  }

  /** Try at once: the network is back, the page is seen again, or a person asks. */
  hurry(): void {
    if (this.socket === null && !this.ended) this.start();
  }

  /** Close without coming back until `start` is asked for. */
  stop(): void {
    this.ended = true;
    this.cancelTimer();
    if (this.welcomedAt !== null) this.lostAt = this.world.now();
    this.drop();
  }

  add(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    if (this.welcomedAt !== null) this.ask(subscription);
  }

  remove(subscription: Subscription): void {
    this.subscriptions.delete(subscription);
    this.listener.left?.(subscription);
    const sub = subscription.sub;
    subscription.detach();
    if (sub === null) return;
    this.bySub.delete(sub);
    this.send({ id: this.nextId++, type: "unsubscribe", sub });
  }

  /** Say something that only some sockets understand; lost where there is no connection. */
  say(frame: Strange): void {
    if (this.welcomedAt !== null) this.send({ id: this.nextId++, ...frame });
  }

  /** Of each subscription that has something: its number, and the sequence of what was taken in last. */
  places(): [sub: number, seq: number][] {
    return [...this.bySub].flatMap(([sub, { place }]) => (place === null ? [] : [[sub, place]]));
  }

  private ask(subscription: Subscription): void {
    const id = this.nextId++;
    this.asked.set(id, subscription);
    this.send(subscription.request(id));
  }

  private take(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.welcomedAt = this.world.now();
        this.lostAt = null;
        // Two missed pings and a little: then nobody is there any more.
        this.silenceMs = frame.ping_s * 2200;
        this.watch();
        this.listener.welcome(frame, this.welcomedAt);
        this.listener.connection({ phase: "live", since: this.welcomedAt });
        for (const subscription of this.subscriptions) this.ask(subscription);
        break;
      case "ping":
        this.send({ type: "pong", t: frame.t });
        this.listener.clock?.(frame.t, this.world.now());
        break;
      case "health":
        this.listener.health(frame);
        break;
      case "error":
        if (frame.id === undefined || !this.asked.has(frame.id)) this.listener.other?.({ ...frame });
        this.refused(frame.id, frame.code, frame.message, frame.temporary);
        break;
      case "subscribed": {
        const subscription = this.asked.get(frame.id);
        this.asked.delete(frame.id);
        if (!subscription || !this.subscriptions.has(subscription)) {
          this.send({ id: this.nextId++, type: "unsubscribe", sub: frame.sub });
        } else {
          this.bySub.set(frame.sub, subscription);
          if (!subscription.subscribed(frame)) this.again(subscription);
        }
        break;
      }
      case "reset":
        this.bySub.get(frame.sub)?.reset();
        break;
      case "snapshot":
      case "delta": {
        const subscription = this.bySub.get(frame.sub);
        if (!subscription) break;
        const whole = frame.type === "delta" ? subscription.delta(frame) : subscription.snapshot(frame);
        if (!whole) this.again(subscription);
        break;
      }
      default:
        this.listener.other?.(frame satisfies never as Strange);
    }
  }

  /** The chain is broken: leave, and ask for everything. */
  private again(subscription: Subscription): void {
    const sub = subscription.sub;
    if (sub !== null) {
      this.bySub.delete(sub);
      this.send({ id: this.nextId++, type: "unsubscribe", sub });
    }
    subscription.forget();
    this.ask(subscription);
  }

  private refused(id: number | undefined, code: string, message: string, temporary: boolean): void {
    const subscription = id === undefined ? undefined : this.asked.get(id);
    if (id === undefined || !subscription) return;
    this.asked.delete(id);
    if (!temporary) {
      subscription.refused(code, message);
      this.listener.refused(subscription, code, message);
      return;
    }
    const socket = this.socket;
    this.world.after(RETRY_SUBSCRIPTION_MS, () => {
      if (this.socket === socket && this.subscriptions.has(subscription)) this.ask(subscription);
    });
  }

  private send(frame: Record<string, unknown>): void {
    this.socket?.send(JSON.stringify(frame));
  }

  /** Start the measure of silence anew. */
  private watch(): void {
    this.cancelWatch();
    this.cancelWatch = this.world.after(this.silenceMs, () => {
      this.socket?.close(NO_PONG);
      this.lost(NO_PONG);
    });
  }

  private lost(code: number): void {
    const now = this.world.now();
    const steady = this.welcomedAt !== null && now - this.welcomedAt >= STEADY_MS;
    // A silence is noticed long after it began.
    if (this.lostAt === null) this.lostAt = code === NO_PONG ? (this.heardAt ?? now) : now;
    this.drop();
    if (STAY_AWAY.has(code)) {
      this.listener.connection({ phase: "stopped", code, lostAt: this.lostAt });
      return;
    }
    if (steady) this.attempt = 0;
    let wait = backoff(this.attempt, this.world.random());
    if (code === TOO_FAST) wait = Math.max(wait, 5_000);
    this.attempt += 1;
    this.listener.connection({
      phase: "waiting",
      lostAt: this.lostAt,
      attempt: this.attempt,
      retryAt: now + wait,
      code,
    });
    this.cancelTimer = this.world.after(wait, () => this.start());
  }

  /** Let go of the socket without waiting for its farewell. */
  private drop(): void {
    this.cancelWatch();
    const socket = this.socket;
    this.socket = null;
    this.welcomedAt = null;
    this.asked.clear();
    this.bySub.clear();
    for (const subscription of this.subscriptions) subscription.detach();
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
