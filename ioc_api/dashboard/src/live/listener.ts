import type { Health, Welcome } from "./protocol";
import type { Subscription } from "./subscription";

/** What the owner of the screen may want to know of the connection. Times are milliseconds of the local clock. */
export type Connection =
  | { phase: "connecting"; lostAt: number | null; attempt: number }
  | { phase: "live"; since: number }
  | { phase: "waiting"; lostAt: number; attempt: number; retryAt: number; code: number }
  | { phase: "stopped"; code: number; lostAt: number };

export interface Listener {
  connection(state: Connection): void;
  welcome(frame: Welcome, receivedAt: number): void;
  health(frame: Health): void;
  /** The server's clock (ms), and when that was heard. */
  clock?(server: number, receivedAt: number): void;
  /** A subscription the server will not give. */
  refused(subscription: Subscription, code: string, message: string): void;
  /** A subscription that nobody wants any more. */
  left?(subscription: Subscription): void;
  /** A frame of another kind of socket, or an error that concerns no subscription. */
  other?(frame: Strange): void;
}

/** What only some sockets say. */
export interface Strange {
  type: string;
  [name: string]: unknown;
}
