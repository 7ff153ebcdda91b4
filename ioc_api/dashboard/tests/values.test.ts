import "./setup";
import { beforeEach, expect, test } from "vitest";
import type { Alert } from "../src/api/alerts";

const { alerts } = await import("../src/store/alerts");
const { question, refresh } = await import("../src/store/values");

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

test("what is asked for is what has changed since, and nothing while nothing is open", () => {
  const asked = question([alert(1), alert(2, { changed_at: "2026-11-23T08:02:00+00:00" })]);
  expect(asked).toContain("changed_since=2026-11-23T08%3A02%3A00%2B00%3A00");
  expect(question([alert(1, { state: "resolved" })])).toBeNull();
});
