import { effect } from "@preact/signals";
import { headlineMetrics } from "../city/headline";
import { LiveClient } from "../live/client";
import { beforeNextFrame, Coalescer } from "../live/coalescer";
import { EXPIRED, type Filter, type Topic, UNAUTHORIZED } from "../live/protocol";
import { type Sink, Subscription } from "../live/subscription";
import { browserWorld } from "../live/world";
import { aggregatesSink, interruptTrends, WINDOW } from "./aggregates";
import { alertsSink, supply } from "./alerts";
import { trustServer } from "./clock";
import { followDepartments, loadDepartments } from "./departments";
import { followDetail } from "./detail";
import { livenessSink } from "./liveness";
import { may, me } from "./me";
import { domains, loadSensors } from "./registry";
import { followAddress } from "./route";
import { latest, latestSink, selectedSensor } from "./selection";
import { connection, health, systemSink } from "./system";
import { followValues } from "./values";
import { wallToken } from "./wall";

const STRANGER_PAUSE_MS = 10_000;

/** Told when the server parts because the session is over or locked, and when its rights have changed. */
let whenShut: () => void = () => {};
let whenChanged: () => void = () => {};

const client = new LiveClient(
  browserWorld("/api/v1/live"),
  {
    connection: (state) => {
      if (state.phase === "waiting" && connection.peek().phase === "live") interruptTrends();
      connection.value = state;
      if (state.phase === "stopped" && state.code === UNAUTHORIZED) whenShut();
      if (state.phase === "waiting" && state.code === EXPIRED) whenChanged();
    },
    welcome: (frame, receivedAt) => {
      trustServer(frame.server_time, receivedAt);
      if (frame.health) health.value = frame.health;
    },
    health: (frame) => {
      health.value = frame;
    },
    refused: (subscription, code, message) => {
      if (subscription.topic === "alerts") supply.value = code === "forbidden" ? "forbidden" : "refused";
      console.info(`subscription ${subscription.topic} refused: ${code} ${message}`);
    },
  },
  wallToken,
);

function subscription(topic: Topic, filter: Filter, sink: Sink, maxHz = 0): Subscription {
  return new Subscription(topic, filter, new Coalescer(sink, beforeNextFrame), maxHz);
}

let listening = false;

/** Listen to the city from now on. `shut`: the session is over or locked; `changed`: what may be seen is another. */
export function listen(shut: () => void, changed: () => void): void {
  whenShut = shut;
  whenChanged = changed;
  if (!listening) subscribe();
  listening = true;
  client.start();
}

/** Hear nothing until `listen` is asked for again; what was heard stays. */
export function pause(): void {
  client.stop();
}

function subscribe(): void {
  const metrics = domains.value.flatMap((domain) => headlineMetrics(domain).map((metric) => metric.name));
  const filter = { metric: [...new Set(metrics)], window: [WINDOW] };
  client.add(subscription("aggregates", filter, aggregatesSink, 2));
  client.add(subscription("sensors", {}, livenessSink(meetStranger), 1));
  if (may("system")) client.add(subscription("system", {}, systemSink, 1));
  if (may("alerts.read")) client.add(subscription("alerts", {}, alertsSink));
  else supply.value = "forbidden";
  followSelection();
  followAddress();
  followDetail();
  if (may("rules.read")) {
    followDepartments();
    // The menu says for which department somebody works.
    if (me.peek()?.grants.some((grant) => grant.department))
      loadDepartments().catch((cause) => console.info(cause));
  }
  followValues();
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
