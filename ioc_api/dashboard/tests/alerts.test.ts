import "./setup";
import { beforeEach, describe, expect, test } from "vitest";
import { faultsOf } from "../src/alerts/AlertPanel";
import { noteNeeded, placeOf } from "../src/alerts/words";
import type { Alert } from "../src/api/alerts";
import type { Keyed } from "../src/live/protocol";
import { alerts, alertsSink, arrange, entries, order, over, supply, tally } from "../src/store/alerts";

function alert(id: number, more: Partial<Alert> = {}): Alert {
  return {
    key: String(id),
    id,
    severity: "warning",
    state: "firing",
    started_at: `2026-11-23T08:00:${String(id).padStart(2, "0")}Z`,
    resolved_at: null,
    incident: null,
    ...more,
  } as Alert;
}

const send = (...items: Alert[]): void => alertsSink.replace(items as unknown as Keyed[]);
const shape = (): [number, number[]][] => entries.value.map((e) => [e.alert.id, e.children.map((c) => c.id)]);

beforeEach(() => {
  order.value = "severity";
  send();
});

describe("the list", () => {
  test("the gravest first, of equals the newest; or the newest first", () => {
    send(
      alert(1, { severity: "critical" }),
      alert(2, { severity: "info" }),
      alert(3, { severity: "major" }),
      alert(4, { severity: "major" }),
    );
    expect(shape().map(([id]) => id)).toEqual([1, 4, 3, 2]);
    order.value = "time";
    expect(shape().map(([id]) => id)).toEqual([4, 3, 2, 1]);
  });

  test("what began in one moment goes by its number", () => {
    const at = { started_at: "2026-11-23T08:00:00Z" };
    send(alert(9, at), alert(10, at));
    expect(shape().map(([id]) => id)).toEqual([10, 9]);
  });

  test("children lie under their incident, at any depth, and lend it their gravity", () => {
    send(
      alert(1),
      alert(2, { incident: 1 }),
      alert(3, { incident: 2, severity: "critical" }),
      alert(4, { severity: "major" }),
    );
    expect(shape()).toEqual([
      [1, [3, 2]],
      [4, []],
    ]);
  });

  test("an incident that is over or not known hides nobody; nor do two that name each other", () => {
    send(
      alert(1, { state: "resolved" }),
      alert(2, { incident: 1 }),
      alert(3, { incident: 99 }),
      alert(4, { incident: 5 }),
      alert(5, { incident: 4 }),
    );
    const shown = shape().flatMap(([id, children]) => [id, ...children]);
    expect(shown.sort()).toEqual([2, 3, 4, 5]);
  });

  test("what is over waits apart, what ended last first, and is not counted", () => {
    send(
      alert(1, { state: "resolved", resolved_at: "2026-11-23T09:00:00Z" }),
      alert(2, { state: "resolved", resolved_at: "2026-11-23T10:00:00Z" }),
      alert(3, { state: "acknowledged", severity: "critical" }),
      alert(4, { state: "firing", severity: "critical", incident: 3 }),
      alert(5, { state: "in_progress" }),
    );
    expect(over.value.map((a) => a.id)).toEqual([2, 1]);
    expect(tally.value).toEqual({
      all: 3,
      unseen: 1,
      counts: { critical: 2, major: 0, warning: 1, info: 0 },
    });
  });

  test("ten thousand alerts of one incident are arranged", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => alert(i + 2, { incident: 1 }));
    const [only, ...others] = arrange([alert(1), ...many], "severity");
    expect(others).toEqual([]);
    expect(only?.children.length).toBe(10_000);
  });
});

describe("the topic", () => {
  test("a snapshot is the whole truth, a delta changes it", () => {
    send(alert(1), alert(2));
    expect(supply.value).toBe("there");
    alertsSink.apply([alert(2, { state: "acknowledged" }), alert(3)] as unknown as Keyed[], ["1"]);
    expect([...alerts.value.keys()]).toEqual([2, 3]);
    expect(alerts.value.get(2)?.state).toBe("acknowledged");
    alertsSink.apply([], ["77"]);
    send();
    expect(entries.value).toEqual([]);
  });
});

describe("what is wrong with the engine", () => {
  test("is said in the reader's words, all of it", () => {
    const said = faultsOf({
      state: "degraded",
      aside: ["pm25", "den"],
      broker: false,
      stumbled: 3,
      reasons: [
        "rules set aside, which are not judged",
        "alerts are judged 40 s behind the clock",
        "3 parts of batches",
      ],
    });
    expect(said.length).toBe(4);
    expect(said[0]).toContain("pm25, den");
    expect(said.join(" ")).toMatch(/không nhận được.*chậm.*3 phần/);
    expect(faultsOf({ state: "degraded", reasons: ["something new"] })).toEqual(["something new"]);
  });
});

describe("resolving without a word", () => {
  test("what is said is true of the readings", () => {
    const cases: [Alert["condition"], boolean, string | null][] = [
      ["breach", false, "do.note_breach"],
      ["breach", true, "do.note_flapping"],
      ["clearing", false, "do.note_clearing"],
      ["clearing", true, "do.note_flapping"],
      ["lost", false, "do.note_lost"],
      ["lost", true, "do.note_lost"],
      ["clear", false, null],
    ];
    for (const [condition, flapping, key] of cases) expect(noteNeeded({ condition, flapping })).toBe(key);
  });
});

describe("where it is", () => {
  test("an alert about no place in the city says whom it is about", () => {
    const about = (subject: string): string[] =>
      placeOf(alert(1, { subject, area: "", zone: null, sensor_id: null, sensor_name: null, channel: null }));
    expect(about("address/2001:db8::/64")).toEqual(["địa chỉ mạng 2001:db8::/64"]);
    expect(about("system/audit")).toEqual(["hệ thống"]);
    expect(about("nobody/x")).toEqual(["nobody/x"]);
  });
});
