import "./setup";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../src/api/access";

const { Editing } = await import("../src/rules/form/editing");
const { Trying } = await import("../src/rules/trial/trying");
const { me } = await import("../src/store/me");

let asked: number[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  me.value = { permissions: ["rules.read"] } as unknown as Me;
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
    asked.push(JSON.parse(body).rule.condition.levels.below);
    return new Response("{}", { status: 200 });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  me.value = null;
});

test("what is shown is of what stands in the form, or is marked as old", async () => {
  const ed = new Editing(null);
  const trial = new Trying(ed);
  const end = trial.follow();
  const type = async (text: string, ms: number): Promise<void> => {
    ed.set("condition.levels.below", text);
    await vi.advanceTimersByTimeAsync(ms);
  };
  ed.set("condition.metric", "speed");
  await type("30", 1000);
  expect([asked, trial.old.value]).toEqual([[30], false]);

  // Another level and back before it was asked: it is not asked after all.
  await type("25", 300);
  expect(trial.old.value).toBe(true);
  await type("30", 3000);
  expect([asked, trial.old.value]).toEqual([[30], false]);

  await type("25", 300);
  await type("hai", 3000);
  expect([asked, trial.old.value], "what cannot be read is not asked").toEqual([[30], true]);
  await type("25", 1000);
  expect([asked, trial.old.value]).toEqual([[30, 25], false]);
  end();
});
