import "./setup";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Alert } from "../src/api/alerts";

const { alerts, alertsSink } = await import("../src/store/alerts");
const { phase } = await import("../src/store/phase");
const { connection } = await import("../src/store/system");
const { followValues, question, refresh } = await import("../src/store/values");

const alert = (id: number, more: Partial<Alert> = {}): Alert =>
  ({ id, revision: 2, state: "firing", value: 1, changed_at: "2026-11-23T08:00:00Z", ...more }) as Alert;

beforeEach(() => {
  alerts.value = new Map([1, 2].map((id) => [id, alert(id)]));
});

test("a value that moved without a flip is taken; what is older, or not in the list, is not", () => {
  const later = "2026-11-23T08:01:00Z";
  refresh([
    alert(1, { value: 7, changed_at: later }),
    alert(2, { value: 7, revision: 1, changed_at: later }),
    alert(3, { value: 7, changed_at: later }),
  ]);
  expect([...alerts.value.values()].map((a) => [a.id, a.value])).toEqual([
    [1, 7],
    [2, 1],
  ]);
  const before = alerts.value;
  refresh([alert(1, { value: 7, changed_at: later })]);
  expect(alerts.value).toBe(before);
});

test("what is asked for is what has changed since all was read, all at first, and nothing while nothing is open", () => {
  const flipped = alert(2, { changed_at: "2026-11-23T08:02:00Z" });
  expect(question([alert(1), flipped], null)).not.toContain("changed_since");
  // The flip of one says nothing of the value of another.
  expect(question([alert(1), flipped], "2026-11-23T08:00:30Z")).toContain(
    "changed_since=2026-11-23T08%3A00%3A30Z",
  );
  expect(question([alert(1, { state: "resolved" })], null)).toBeNull();
});

test("a list that was told is asked for its values at once, and from then on what has changed", async () => {
  vi.useFakeTimers();
  Object.assign(document, { visibilityState: "visible" });
  phase.value = "open";
  connection.value = { phase: "live", since: 0 };
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return new Response(
      JSON.stringify({ items: [alert(1, { value: 7, changed_at: "2026-11-23T08:09:00Z" })] }),
    );
  });
  followValues();
  await vi.advanceTimersByTimeAsync(0);
  alertsSink.replace([alert(1), alert(2)] as never);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.at(-1)).not.toContain("changed_since");
  expect(alerts.value.get(1)?.value).toBe(7);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(asked.at(-1)).toContain("changed_since");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
