import "./setup";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Alert, WholeAlert } from "../src/api/alerts";

const { act, detail, takeNewer } = await import("../src/store/detail");
const { actsOf } = await import("../src/alerts/acts");
const { half } = await import("../src/i18n");
const { idIn, linkTo } = await import("../src/store/route");
const { language } = await import("../src/store/prefs");

const seen = { id: 12, revision: 3, state: "firing", condition: "breach" } as Alert;
let asked: { url: string; body: unknown }[] = [];

function answer(status: number, body: unknown): void {
  vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
    asked.push({ url, body: JSON.parse(String(init?.body)) });
    return new Response(JSON.stringify(body), { status });
  });
}

beforeEach(() => {
  asked = [];
  detail.value = {
    whole: { ...seen, flips: [], notifications: [] } as unknown as WholeAlert,
    why: null,
  };
});
afterEach(() => vi.unstubAllGlobals());

describe("an action", () => {
  test("names the revision that was seen, and shows what came of it", async () => {
    answer(200, { ...seen, revision: 4, state: "acknowledged" });
    expect(await act(seen, "acknowledge", { note: "", as: "An" })).toEqual({ kind: "done" });
    expect(asked).toEqual([
      { url: "/api/v1/alerts/12/acknowledge", body: { revision: 3, note: "", as: "An" } },
    ]);
    expect(detail.value?.whole).toMatchObject({ revision: 4, state: "acknowledged", flips: [] });
  });

  test("409: somebody was faster, and the newer state is shown", async () => {
    const current = { ...seen, revision: 5, state: "in_progress" };
    answer(409, { detail: "…", current });
    expect(await act(seen, "acknowledge", { note: "" })).toEqual({ kind: "conflict", current });
    expect(detail.value?.whole).toMatchObject({ revision: 5, state: "in_progress" });
  });

  test("refused: with the reason of the server; not reached: nothing was done", async () => {
    answer(422, { detail: "cần có ghi chú / a note is needed" });
    expect(await act(seen, "comment", { note: "" })).toEqual({
      kind: "refused",
      text: "cần có ghi chú / a note is needed",
    });
    answer(503, {});
    expect(await act(seen, "close", { note: "" })).toEqual({ kind: "failed" });
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("no network");
    });
    expect(await act(seen, "close", { note: "" })).toEqual({ kind: "failed" });
    expect(detail.value?.whole.revision).toBe(3);
  });

  test("an older state, or that of another alert, does not replace what is shown", () => {
    takeNewer({ ...seen, revision: 2, state: "closed" });
    takeNewer({ ...seen, id: 13, revision: 9, state: "closed" });
    expect(detail.value?.whole).toMatchObject({ id: 12, revision: 3, state: "firing" });
  });
});

test("what can be done follows the state; nothing is closed while its readings still breach", () => {
  const acts = (state: Alert["state"], condition: Alert["condition"] = "breach"): string[] =>
    actsOf({ ...seen, state, condition });
  expect(acts("firing")[0]).toBe("acknowledge");
  expect(acts("acknowledged")).not.toContain("acknowledge");
  expect(acts("resolved", "breach")).not.toContain("close");
  expect(acts("resolved", "clear")[0]).toBe("close");
  expect(acts("closed")).toEqual(["comment", "reopen"]);
  expect(actsOf({ ...seen, state: "closed", retroactive: true })).toEqual(["comment"]);
});

test("addresses lead to alerts, and only such", () => {
  expect(idIn(linkTo(12))).toBe(12);
  expect(idIn("#/alerts/7/")).toBe(7);
  for (const other of ["", "#/", "#/alerts", "#/alerts/x", "#/alerts/1/2", "#code=abc", "#/alerts/-1"])
    expect(idIn(other)).toBeNull();
});

test("of a text in both languages the one that is read; any other as it is", () => {
  expect(half("cần có ghi chú / a note is needed")).toBe("Cần có ghi chú");
  expect(half("query.step: số giây / seconds")).toBe("Số giây");
  language.value = "en";
  expect(half("cần có ghi chú / a note is needed")).toBe("A note is needed");
  expect(half("query.step: số giây / seconds")).toBe("Seconds");
  expect(half("a / b / c")).toBe("a / b / c");
  expect(half("only one")).toBe("only one");
  language.value = "vi";
});
