import "./setup";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Alert } from "../src/api/alerts";
import type { Silence } from "../src/api/desk";

const { act, takeBack } = await import("../src/desk/doing");
const { told, tell } = await import("../src/desk/state");
const { sentence } = await import("../src/desk/said");
const { t } = await import("../src/i18n");

let asked: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
    const { act: what, alerts } = JSON.parse(body) as { act: string; alerts: Alert[] };
    asked.push(what);
    const done = alerts.map((one) => ({ ...one, revision: one.revision + 1 }));
    return new Response(JSON.stringify({ done, refused: [] }), { status: 200 });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  told.value = null;
});

const alert = { key: "1", id: 1, revision: 1, state: "firing", assigned_to: null } as Alert;

test("an act is taken back while there is time for it, and not after", async () => {
  await act([alert], "acknowledge");
  vi.advanceTimersByTime(14_900);
  await takeBack();
  expect(asked).toEqual(["acknowledge", "unacknowledge"]);

  await act([alert], "acknowledge");
  vi.advanceTimersByTime(15_000);
  await takeBack();
  expect(asked).toEqual(["acknowledge", "unacknowledge", "acknowledge"]);
});

const silence = (id: number): Silence =>
  ({ id, revision: 1, ends_at: new Date(Date.now() + 3_600_000).toISOString() }) as Silence;
const made = (...list: Silence[]) =>
  tell({ kind: "silences", made: list, failed: [], unknown: 0, ended: false });
const said = (): string => (told.value ? sentence(told.value) : "");

test("a silence that somebody has ended meanwhile is taken back all the same", async () => {
  vi.stubGlobal("fetch", async () => new Response('{"current":{"id":1,"state":"over"}}', { status: 409 }));
  made(silence(1));
  await takeBack();
  expect(told.value).toMatchObject({ ended: true, failed: [], unknown: 0, made: [{ id: 1 }] });
  expect(said()).toBe(t("silence.ended"));
});

test("one that somebody has only changed goes on, and that is said", async () => {
  vi.stubGlobal("fetch", async () => new Response('{"current":{"state":"in_force"}}', { status: 409 }));
  made(silence(1));
  await takeBack();
  expect(told.value).toMatchObject({ made: [], unknown: 0, failed: [expect.any(String)] });
  expect(said()).toBe(t("desk.none_done"));
});

test("of what nobody knows it is not said that nothing was recorded", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("network");
  });
  made(silence(1));
  await takeBack();
  expect(told.value).toMatchObject({ made: [], unknown: 1, failed: [expect.any(String)] });
  expect(said()).toBe(t("desk.unsure"));

  const one = (id: number, why: "unknown" | "unsent") => ({ alert, why, detail: "", current: null, id });
  const report = (...refused: ReturnType<typeof one>[]) =>
    sentence({ kind: "acts", report: { act: "acknowledge", said: {}, done: [], refused }, again: false });
  expect(report(one(1, "unknown"), one(2, "unsent"))).toBe(
    `${t("desk.not_known", { count: 1 })} ${t("desk.not_done", { count: 1 })}`,
  );
  expect(report(one(1, "unsent"))).toBe(t("desk.none_done"));
});
