import "./setup";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me } from "../src/api/access";
import type { Alert } from "../src/api/alerts";
import type { Keyed } from "../src/live/protocol";

const { actOn, canUndo, undo, wayBack } = await import("../src/store/acting");
const { alerts, alertsSink } = await import("../src/store/alerts");
const { me } = await import("../src/store/me");

const seen = (id: number, more: Partial<Alert> = {}): Alert =>
  ({ key: String(id), id, revision: 1, state: "firing", assigned_to: null, ...more }) as Alert;
type Body = { act: string; alerts: { id: number; revision: number }[]; note?: string; to?: string };
let asked: Body[] = [];

/** The server's answer to each question; a number is a status without a word. */
function answers(say: (body: Body) => unknown): void {
  vi.stubGlobal("fetch", async (_url: string, init?: RequestInit) => {
    const body = JSON.parse(String(init?.body)) as Body;
    asked.push(body);
    const said = say(body);
    if (typeof said === "number") return new Response("{}", { status: said });
    return new Response(JSON.stringify(said), { status: 200 });
  });
}
const all = (body: Body): unknown => ({
  done: body.alerts.map((one) => seen(one.id, { revision: one.revision + 1, state: "acknowledged" })),
  refused: [],
});

beforeEach(() => {
  asked = [];
  alertsSink.replace([]);
});
afterEach(() => vi.unstubAllGlobals());

describe("one action on many", () => {
  test("each as it was seen, so many at a time, and the list shows at once what came of it", async () => {
    const list = Array.from({ length: 250 }, (_, n) => seen(n + 1, { revision: n }));
    alertsSink.replace(list as unknown as Keyed[]);
    answers(all);
    const report = await actOn(list, "acknowledge", { note: "cả nhóm" });
    expect(asked.map((one) => one.alerts.length)).toEqual([100, 100, 50]);
    expect(asked[0]).toMatchObject({ act: "acknowledge", note: "cả nhóm" });
    expect(asked[0]?.alerts[7]).toEqual({ id: 8, revision: 7 });
    expect([report.done.length, report.refused.length]).toEqual([250, 0]);
    expect(alerts.value.get(8)).toMatchObject({ state: "acknowledged", revision: 8 });
  });

  test("what was refused is told with why, and how it stands", async () => {
    const current = seen(2, { revision: 5, state: "in_progress" });
    answers(() => ({
      done: [seen(1, { revision: 2 })],
      refused: [
        { id: 2, why: "changed", detail: "…", current },
        { id: 3, why: "missing", detail: "…", current: null },
      ],
    }));
    alertsSink.replace([seen(1), seen(2)] as unknown as Keyed[]);
    const report = await actOn([seen(1), seen(2), seen(3)], "acknowledge");
    expect(report.done.map((one) => one.after.revision)).toEqual([2]);
    expect(report.refused.map((one) => [one.alert.id, one.why])).toEqual([
      [2, "changed"],
      [3, "missing"],
    ]);
    expect(alerts.value.get(2)).toMatchObject({ state: "in_progress" });
    expect(alerts.value.has(3)).toBe(false);
  });

  test("where the server is gone in the midst, what was sent is done and the rest is told as not sent", async () => {
    answers((body) => (asked.length === 1 ? all(body) : 503));
    const list = Array.from({ length: 230 }, (_, n) => seen(n + 1));
    const report = await actOn(list, "acknowledge");
    expect(asked).toHaveLength(2);
    expect(report.done).toHaveLength(100);
    expect(report.refused).toHaveLength(130);
    // Of those under way nobody knows; the last ones were not sent at all.
    expect(report.refused.map((one) => one.why)).toEqual([
      ...new Array(100).fill("unknown"),
      ...new Array(30).fill("unsent"),
    ]);
  });

  test("an older answer does not replace what the socket has told since", async () => {
    alertsSink.replace([seen(1, { revision: 9, state: "resolved" })] as unknown as Keyed[]);
    answers(all);
    await actOn([seen(1)], "acknowledge");
    expect(alerts.value.get(1)).toMatchObject({ revision: 9, state: "resolved" });
  });
});

describe("the way back", () => {
  test("what can be taken back, and what cannot", () => {
    const given = seen(1, { state: "in_progress", assigned_to: "Tổ 3" });
    expect(wayBack("acknowledge", seen(1))?.act).toBe("unacknowledge");
    me.value = { name: "lan", full_name: "Nguyễn Thị Lan" } as Me;
    const by = (who: string | null): Alert => seen(1, { state: "acknowledged", acknowledged_by: who });
    expect(wayBack("unacknowledge", by("lan"))?.act).toBe("acknowledge");
    expect(wayBack("unacknowledge", by("minh")), "it would come back as mine").toBeNull();
    expect(wayBack("unacknowledge", by(null))).toBeNull();
    expect(wayBack("unacknowledge", given)).toEqual({ act: "assign", said: { to: "Tổ 3" } });
    expect(wayBack("assign", seen(1))?.act).toBe("unacknowledge");
    expect(wayBack("assign", given)).toEqual({ act: "assign", said: { to: "Tổ 3" } });
    expect(wayBack("assign", seen(1, { state: "acknowledged" }))).toBeNull();
    expect(wayBack("resolve", seen(1))?.act).toBe("reopen");
    for (const act of ["comment", "close", "reopen"] as const) expect(wayBack(act, seen(1))).toBeNull();
  });

  test("each as it stands since, one question for those with the same way", async () => {
    answers(all);
    const before = [seen(1), seen(2), seen(3, { state: "in_progress", assigned_to: "Tổ 1" })];
    const report = await actOn(before, "assign", { to: "Tổ 3" });
    expect(canUndo(report)).toBe(true);
    asked = [];
    const back = await undo(report);
    expect(asked.map(({ act, to, alerts: list }) => [act, to, list.map((one) => one.revision)])).toEqual([
      ["unacknowledge", undefined, [2, 2]],
      ["assign", "Tổ 1", [2]],
    ]);
    expect(back?.done).toHaveLength(3);
  });
});
