import "./setup";
import { expect, test } from "vitest";
import { LiveClient } from "../src/live/client";
import { Subscription } from "../src/live/subscription";
import { lacking, refusing } from "../src/store/lacking";
import { FakeWorld, Heard } from "./world";

const sink = { replace: () => {}, apply: () => {} };

test("what the server refuses is told until it is not wanted any more, or asked for anew", () => {
  const world = new FakeWorld();
  const client = new LiveClient(world, {
    ...new Heard(),
    connection: () => {},
    health: () => {},
    welcome: refusing.welcome,
    refused: refusing.refused,
    left: refusing.left,
  });
  const made = (["indices", "counts", "alerts", "map"] as const).map(
    (topic) => new Subscription(topic, {}, sink),
  );
  for (const one of made) client.add(one);
  client.start();
  const refuse = (): void => {
    const socket = world.sockets.at(-1);
    socket?.welcome();
    for (const { id } of socket?.said.filter((frame) => frame.type === "subscribe") ?? [])
      socket?.say({ id, type: "error", code: "forbidden", message: "không / no", temporary: false });
  };
  refuse();
  expect(lacking.value, "alerts and the map say it themselves").toEqual(["indices", "counts"]);

  if (made[0]) client.remove(made[0]);
  expect(lacking.value).toEqual(["counts"]);

  client.start();
  world.sockets.at(-1)?.welcome();
  expect(lacking.value, "asked for anew").toEqual([]);
  client.stop();
});
