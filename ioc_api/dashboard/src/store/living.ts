import { headlineMetrics } from "../city/headline";
import { LiveClient } from "../live/client";
import { follower } from "../live/follow";
import { EXPIRED, MALFORMED, UNAUTHORIZED } from "../live/protocol";
import { browserWorld } from "../live/world";
import { reloadSoon } from "../wall/again";
import { aggregatesSink, interruptTrends, WINDOW } from "./aggregates";
import { alertsSink, supply } from "./alerts";
import { keepTo, trustServer } from "./clock";
import { counts } from "./counts";
import { followDepartments, loadDepartments } from "./departments";
import { followDetail } from "./detail";
import { indices, SHOWN_FIGURES } from "./indices";
import { refusing } from "./lacking";
import { may, me, wall } from "./me";
import { domains } from "./registry";
import { followAddress } from "./route";
import { followSelection } from "./sensor";
import { connection, health, systemSink } from "./system";
import { followValues } from "./values";
import { wallToken } from "./wall";

const WALL_AGAIN_MS = 30_000;

/** Told when the server parts because the session is over or locked, and when its rights have changed. */
let whenShut: () => void = () => {};
let whenChanged: () => void = () => {};
/** Told when the socket is there again: nobody tells of rights that changed while there was none. */
let whenBack: () => void = () => {};
let welcomed = false;

const client = new LiveClient(
  browserWorld("/api/v1/live"),
  {
    connection: (state) => {
      if (state.phase === "waiting" && connection.peek().phase === "live") interruptTrends();
      connection.value = state;
      if (state.phase === "stopped" && state.code === UNAUTHORIZED) whenShut();
      if (state.phase === "waiting" && state.code === EXPIRED) whenChanged();
      // Nobody stands before a wall to press anything.
      if (state.phase === "stopped" && state.code !== UNAUTHORIZED && wall.peek()) {
        if (state.code === MALFORMED) reloadSoon();
        else setTimeout(() => client.hurry(), WALL_AGAIN_MS * (1 + Math.random()));
      }
    },
    welcome: (frame, receivedAt) => {
      refusing.welcome();
      trustServer(frame.server_time, receivedAt);
      if (frame.health) health.value = frame.health;
      if (welcomed) whenBack();
      welcomed = true;
    },
    clock: keepTo,
    health: (frame) => {
      health.value = frame;
    },
    refused: (subscription, code, message) => {
      if (subscription.topic === "alerts") supply.value = code === "forbidden" ? "forbidden" : "refused";
      refusing.refused(subscription);
      console.info(`subscription ${subscription.topic} refused: ${code} ${message}`);
    },
    left: refusing.left,
  },
  wallToken,
);

/** Follow a topic over this screen's socket: `follow(topic, filter, sink, maxHz?, view?)` answers how to stop. */
export const follow = follower(client);

/** What a wall tells of what it has drawn. */
export const drawing = {
  places: () => client.places(),
  drawn: (sub: number, seq: number) => client.say({ type: "drawn", sub, seq }),
};

let stops: (() => void)[] | null = null;

/**
 * Listen to the city from now on. `shut`: the session is over or locked; `changed`: what may be seen is another; `back`:
 * there was no connection, and there is one again.
 */
export function listen(shut: () => void, changed: () => void, back: () => void): void {
  whenShut = shut;
  whenChanged = changed;
  whenBack = back;
  if (stops === null) begin();
  client.start();
}

/**
 * What may be seen is another: ask for everything anew. A subscription that went on from where it was would keep what is
 * not to be seen any more.
 */
export function listenAnew(): void {
  if (stops === null) return;
  for (const stop of stops) stop();
  stops = subscriptions();
}

/** Hear nothing until `listen` is asked for again; what was heard stays. */
export function pause(): void {
  client.stop();
  interruptTrends();
}

function begin(): void {
  stops = subscriptions();
  followSelection(follow);
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

/** What every page lives on; answers how to end each. */
function subscriptions(): (() => void)[] {
  const metrics = domains.value.flatMap((domain) => headlineMetrics(domain).map((metric) => metric.name));
  const filter = { metric: [...new Set(metrics)], window: [WINDOW] };
  const made = [
    follow("aggregates", filter, aggregatesSink, 2),
    follow("counts", {}, counts.sink, 1),
    follow("indices", SHOWN_FIGURES, indices.sink, 1),
  ];
  if (may("system")) made.push(follow("system", {}, systemSink, 1));
  if (may("alerts.read")) made.push(follow("alerts", {}, alertsSink));
  else supply.value = "forbidden";
  return made;
}

/** A person pressed "try again". */
export function tryAgain(): void {
  client.hurry();
}
