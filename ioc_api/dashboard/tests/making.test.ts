import "./setup";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Silence } from "../src/api/rules";

const { endAll, makeAll, tooFar } = await import("../src/rules/silences/making");
const { holdsRefused } = await import("../src/parts/refused");
const { language } = await import("../src/store/prefs");

const DAY = 86_400_000;
const asked: { path: string; body: Record<string, unknown> }[] = [];

/** The server's answer to each question: its status and what it says. */
function answers(say: (path: string, n: number) => [number, unknown]): void {
  vi.stubGlobal("fetch", async (url: string, { body }: { body: string }) => {
    const path = url.replace("/api/v1/", "");
    asked.push({ path, body: JSON.parse(body) });
    const [status, said] = say(path, asked.length);
    return new Response(JSON.stringify(said), { status });
  });
}

beforeEach(() => {
  asked.length = 0;
  language.value = "vi";
});
afterEach(() => vi.unstubAllGlobals());

describe("repeated silences", () => {
  const spans = [0, 1, 2].map((n) => ({ starts: n * DAY, ends: n * DAY + 3_600_000 }));

  test("each is one of its own, and the first may begin at once", async () => {
    answers((_, n) => [201, { id: n }]);
    const { made, whole, text } = await makeAll(spans, { reason: "x" }, true);
    expect([made.map(({ id }) => id), whole, text]).toEqual([[1, 2, 3], true, "Đã tạo 3 khoảng."]);
    expect(asked.map(({ body }) => body.starts_at)).toEqual([
      undefined,
      "1970-01-02T00:00:00.000Z",
      "1970-01-03T00:00:00.000Z",
    ]);
  });

  test("one that fails half-way is told with why, and with what was made", async () => {
    answers((_, n) => (n < 3 ? [201, { id: n }] : [422, { detail: "body.starts_at: muộn quá / too late" }]));
    const { made, whole, text } = await makeAll(spans, {}, false);
    expect([made.length, whole, text]).toEqual([2, false, "Chỉ tạo được 2/3 khoảng: Muộn quá"]);
  });

  test("where nothing was made it is a plain refusal", async () => {
    answers(() => [422, { detail: "không / no" }]);
    await expect(makeAll(spans, {}, false)).rejects.toMatchObject({ status: 422 });
    expect(asked).toHaveLength(1);
  });

  test("the last may begin 180 days ahead, and no later", () => {
    expect(tooFar([{ starts: 180 * DAY, ends: 0 }], 0)).toBe(false);
    expect(tooFar([...spans, { starts: 180 * DAY + 1, ends: 0 }], 0)).toBe(true);
  });
});

describe("all of them ended", () => {
  const one = (id: number, ends = Date.now() + DAY): Silence =>
    ({ id, revision: 1, ends_at: new Date(ends).toISOString() }) as Silence;

  test("what is over already counts as ended", async () => {
    answers((path) => (path.includes("/2/") ? [409, { current: { state: "over" } }] : [200, {}]));
    await endAll([one(1), one(2), one(3, Date.now() - 1000)]);
    expect(asked.map(({ path }) => path)).toEqual(["silences/1/end", "silences/2/end"]);
  });

  test("one that cannot be ended does not hide the others", async () => {
    answers((path) => (path.includes("/1/") ? [409, { current: { state: "in_force" } }] : [200, {}]));
    await expect(endAll([one(1), one(2), one(3)])).rejects.toMatchObject({
      detail: expect.stringMatching(/^Chỉ hoàn tác được 2\/3: ./),
    });
    expect(asked).toHaveLength(3);
  });
});

test("a form does not go out with a moment that was refused, and says only that", () => {
  const reportValidity = vi.fn();
  const fold = { open: false };
  const field = (customError: boolean, valid: boolean) => ({
    validity: { customError, valid },
    reportValidity,
    closest: () => fold,
  });
  const form = (...elements: unknown[]): HTMLFormElement => ({ elements }) as unknown as HTMLFormElement;
  expect(holdsRefused(form({}, field(false, true), field(false, false)))).toBe(false);
  expect(reportValidity).not.toHaveBeenCalled();
  expect(holdsRefused(form(field(false, true), field(true, false), field(true, false)))).toBe(true);
  expect(reportValidity).toHaveBeenCalledOnce();
  expect(fold.open).toBe(true);
});
