import "./setup";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError, get, getFile, post, send } from "../src/api/http";
import { t } from "../src/i18n";
import { refusal } from "../src/parts/deed";

/** The patience of the question that was asked last, and how many milliseconds it was to last. */
let patience: AbortController;
let waits: number[];
let answer: ((signal: AbortSignal) => Promise<Response>) | null;

/** A server that never answers: the question ends when its signal does. */
const silence = (signal: AbortSignal): Promise<never> =>
  new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason)));

beforeEach(() => {
  waits = [];
  answer = null;
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    waits.push(ms);
    patience = new AbortController();
    return patience.signal;
  });
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => (answer ?? silence)(signal));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const tire = (): void => patience.abort(new DOMException("too long", "TimeoutError"));
const failure = (asked: Promise<unknown>): Promise<ApiError> => asked.then(null, (cause) => cause);

describe("a server that does not answer", () => {
  test("is given up after a while, longer for what takes long", async () => {
    const asked = failure(get("alerts"));
    tire();
    expect(await asked).toMatchObject({ status: 0, reading: true });
    void failure(send("POST", "rules/replay", {}));
    void failure(getFile("export.csv"));
    void failure(post("sensors", {}));
    expect(waits).toEqual([30_000, 60_000, 60_000, 30_000]);
  });

  test("is given up in the middle of its answer too", async () => {
    answer = async (signal) =>
      ({ ok: true, status: 200, json: () => silence(signal) }) as unknown as Response;
    const asked = failure(post("sensors", {}));
    await new Promise((done) => setTimeout(done));
    tire();
    expect(await asked).toMatchObject({ status: 0, reading: false });
  });

  test("who asked may end it before", async () => {
    const mine = new AbortController();
    const asked = failure(send("POST", "rules/replay", {}, mine.signal));
    mine.abort();
    const cause = await asked;
    expect(cause).toBeInstanceOf(ApiError);
    expect(cause.message).toContain("AbortError");
    expect(mine.signal.aborted).toBe(true);
    expect(patience.signal.aborted).toBe(false);
  });
});

test("without an answer nobody knows whether it was recorded, but where it was only read", () => {
  for (const status of [0, 500, 503, 504]) {
    expect(refusal(new ApiError(status, ""))).toBe(t("deed.failed"));
    expect(refusal(new ApiError(status, "", {}, true))).toBe(t("deed.unread"));
    expect(refusal(new ApiError(status, "", {}, true), true)).toBe(t("deed.failed"));
  }
  expect(t("deed.failed")).toContain("có thể đã ghi hoặc chưa");
  expect(refusal(new ApiError(422, "", { detail: "body.name: sai / wrong" }))).toBe("sai / wrong");
});
