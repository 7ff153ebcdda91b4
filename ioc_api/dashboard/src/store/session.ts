import { effect, signal } from "@preact/signals";
import { ApiError } from "../api/http";
import { exchangeCode } from "../api/session";
import { headlineMetrics } from "../city/headline";
import { LiveClient } from "../live/client";
import { beforeNextFrame, Coalescer } from "../live/coalescer";
import type { Filter, Topic } from "../live/protocol";
import { type Sink, Subscription } from "../live/subscription";
import { browserWorld } from "../live/world";
import { aggregatesSink, interruptTrends, WINDOW } from "./aggregates";
import { alertsSink, supply } from "./alerts";
import { trustServer } from "./clock";
import { followDepartments } from "./departments";
import { followDetail } from "./detail";
import { livenessSink } from "./liveness";
import { domains, loadRegistry, loadSensors } from "./registry";
import { followAddress, goOn, remember } from "./route";
import { latest, latestSink, selectedSensor } from "./selection";
import { connection, health, systemSink } from "./system";
import { followValues } from "./values";

/** Which page is shown: still asking, the city, or why not. */
export type Phase = "opening" | "open" | "signed_out" | "code_refused" | "unreachable" | "failed";
export const phase = signal<Phase>("opening");

const RETRY_MS = 3_000;
const STRANGER_PAUSE_MS = 10_000;

const client = new LiveClient(browserWorld("/api/v1/live"), {
  connection: (state) => {
    if (state.phase === "waiting" && connection.peek().phase === "live") interruptTrends();
    if (state.phase === "stopped" && state.code === 4401) {
      remember();
      phase.value = "signed_out";
    }
    connection.value = state;
  },
  welcome: (frame, receivedAt) => {
    trustServer(frame.server_time, receivedAt);
    if (frame.health) health.value = frame.health;
  },
  health: (frame) => {
    health.value = frame;
  },
  refused: (subscription, code, message) => {
    if (subscription.topic === "alerts") supply.value = "refused";
    console.warn(`subscription ${subscription.topic} refused: ${code} ${message}`);
  },
});

function subscription(topic: Topic, filter: Filter, sink: Sink, maxHz = 0): Subscription {
  return new Subscription(topic, filter, new Coalescer(sink, beforeNextFrame), maxHz);
}

/** From the link or the cookie to the living screen. Comes back by itself while the server cannot be reached. */
export async function open(): Promise<void> {
  try {
    const code = await exchangeCode();
    try {
      await loadRegistry();
    } catch (cause) {
      // A spent link in a browser that is signed in anyway is no reason to stop.
      if (!(cause instanceof ApiError) || (cause.status !== 401 && cause.status !== 403)) throw cause;
      remember();
      phase.value = code === "refused" ? "code_refused" : "signed_out";
      return;
    }
    if (code === "accepted") goOn();
  } catch (cause) {
    const status = cause instanceof ApiError ? cause.status : -1;
    phase.value = status === 0 || status >= 500 ? "unreachable" : "failed";
    console.warn(cause);
    setTimeout(open, RETRY_MS);
    return;
  }
  phase.value = "open";
  listen();
}

function listen(): void {
  const metrics = domains.value.flatMap((domain) => headlineMetrics(domain).map((metric) => metric.name));
  const filter = { metric: [...new Set(metrics)], window: [WINDOW] };
  client.add(subscription("aggregates", filter, aggregatesSink, 2));
  client.add(subscription("sensors", {}, livenessSink(meetStranger), 1));
  client.add(subscription("system", {}, systemSink, 1));
  client.add(subscription("alerts", {}, alertsSink));
  followSelection();
  followAddress();
  followDetail();
  followDepartments();
  followValues();
  client.start();
  window.addEventListener("online", () => client.hurry());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && connection.peek().phase === "waiting") client.hurry();
  });
}

/** A person pressed "try again". */
export function tryAgain(): void {
  client.hurry();
}

let metAt = 0;

/** A sensor reports that the registry did not know: read it again, but not for each one. */
function meetStranger(): void {
  const wait = Math.max(1_000, metAt + STRANGER_PAUSE_MS - Date.now());
  if (metAt > Date.now()) return;
  metAt = Date.now() + wait;
  setTimeout(() => loadSensors().catch((cause) => console.warn(cause)), wait);
}

/** One subscription to `latest`, for the sensor that is looked at. */
function followSelection(): void {
  effect(() => {
    const id = selectedSensor.value;
    latest.value = null;
    if (id === null) return;
    const mine = subscription("latest", { sensor: [id] }, latestSink(id), 2);
    client.add(mine);
    return () => client.remove(mine);
  });
}
