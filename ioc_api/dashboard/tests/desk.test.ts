import "./setup";
import { describe, expect, test } from "vitest";
import type { Me } from "../src/api/access";
import type { Alert } from "../src/api/alerts";
import { finds, folded, wordsOf } from "../src/desk/fold";
import { COMMANDS, commandOf, KEYS, type Pressed } from "../src/desk/keys";
import { matchersOf } from "../src/desk/mutes";
import { drawn, type Names, rowsOf } from "../src/desk/rows";
import {
  askedOfPast,
  isMine,
  isUsual,
  matches,
  queryOf,
  searched,
  USUAL,
  wantedIn,
} from "../src/desk/wanted";

function alert(id: number, more: Partial<Alert> = {}): Alert {
  return {
    key: String(id),
    id,
    revision: 1,
    rule: "dust",
    vi: "Bụi mịn cao",
    en: "High dust",
    kind: "air_quality",
    severity: "warning",
    state: "firing",
    subject: `sensor/S${id}`,
    area: "bac_giang",
    zone: "07210",
    domain: "environment",
    sensor_id: `S${id}`,
    department: "so-nnmt",
    started_at: `2026-11-23T08:00:${String(id % 60).padStart(2, "0")}Z`,
    changed_at: "2026-11-23T09:00:00Z",
    assigned_to: null,
    acknowledged_by: null,
    incident: null,
    ...more,
  } as Alert;
}

const LAN = { name: "lan", full_name: "Nguyễn Thị Lan", grants: [{ role: "operator" }] } as unknown as Me;
const CREW = { ...LAN, grants: [{ role: "department", department: "so-nnmt" }] } as unknown as Me;
const NAMES: Names = { place: (a) => a.zone ?? "", department: (a) => a.department ?? "" };

describe("what is shown", () => {
  test("an address says it, and a link says the same again", () => {
    expect(wantedIn(new URLSearchParams(""))).toEqual(USUAL);
    expect(queryOf(USUAL)).toEqual({});
    const asked = "state=firing,closed&severity=critical,nope&zone=07210&q=ngã tư&sort=oldest&mine=1&group=0";
    const wanted = wantedIn(new URLSearchParams(asked));
    expect(wanted).toMatchObject({
      states: ["firing", "closed"],
      severities: ["critical"],
      sort: "oldest",
      mine: true,
    });
    expect(wantedIn(new URLSearchParams(queryOf(wanted)))).toEqual(wanted);
    expect(isUsual(wanted)).toBe(false);
    expect(isUsual({ ...USUAL, sort: "place", group: false })).toBe(true);
    expect(wantedIn(new URLSearchParams("sort=colour&state=on"))).toEqual(USUAL);
  });

  test("each filter leaves out what it does not name", () => {
    const one = alert(1);
    expect(matches(one, USUAL, LAN)).toBe(true);
    for (const more of [
      { states: ["resolved"] as const },
      { severities: ["critical"] as const },
      { zone: "07228" },
      { rule: "noise" },
      { department: "cong-an" },
      { mine: true },
    ])
      expect(matches(one, { ...USUAL, ...more }, LAN)).toBe(false);
  });

  test("mine: what I acknowledged and nobody else was given, what I was given, what is my department's", () => {
    expect(isMine(alert(1, { acknowledged_by: "lan" }), LAN)).toBe(true);
    expect(isMine(alert(1, { acknowledged_by: "lan", assigned_to: "Tổ 3" }), LAN)).toBe(false);
    expect(isMine(alert(1, { assigned_to: "nguyen thi lan" }), LAN)).toBe(true);
    expect(isMine(alert(1), CREW)).toBe(true);
    expect(isMine(alert(1, { department: "x" }), CREW)).toBe(false);
    expect(isMine(alert(1), null)).toBe(false);
  });

  test("words are found without their marks, all of them, in any order", () => {
    const text = searched(alert(12, { place: "Ngã tư Đồng Cửa" }), ["Phường Bắc Giang"], "Sở Nông nghiệp");
    for (const typed of ["nga tu", "ĐỒNG cua", "#12 bui", "giang so nong", ""])
      expect(finds(text, wordsOf(typed)), typed).toBe(true);
    expect(finds(text, wordsOf("ngã năm"))).toBe(false);
    expect(folded("  Đường  ")).toBe("duong");
  });

  test("of those that are closed the server is asked", () => {
    const asked = askedOfPast({ ...USUAL, severities: ["critical", "major"], zone: "07210" });
    expect(asked).toBe("alerts?state=closed&limit=100&severity=critical&severity=major&zone=07210");
  });
});

describe("the rows", () => {
  const ids =
    (
      ...more: Parameters<typeof rowsOf> extends [unknown, ...infer R] ? R : never
    ): ((l: Alert[]) => number[]) =>
    (list) =>
      rowsOf(list, ...more).map((row) => row.alert.id);

  test("in the order that was chosen", () => {
    const list = [
      alert(1, { severity: "critical", zone: "b", changed_at: "2026-11-23T09:00:05Z" }),
      alert(2, { zone: "a" }),
      alert(3, { zone: "c", changed_at: "2026-11-23T09:00:10.5Z" }),
    ];
    const none = new Set<number>();
    expect(ids("severity", NAMES, true, none)(list)).toEqual([1, 3, 2]);
    expect(ids("newest", NAMES, true, none)(list)).toEqual([3, 2, 1]);
    expect(ids("oldest", NAMES, true, none)(list)).toEqual([1, 2, 3]);
    expect(ids("changed", NAMES, true, none)(list)).toEqual([3, 1, 2]);
    expect(ids("place", NAMES, true, none)(list)).toEqual([2, 1, 3]);
  });

  test("what an incident speaks for lies under it, and lends it its gravity", () => {
    const list = [alert(1), alert(2, { incident: 1, severity: "critical" }), alert(3, { severity: "major" })];
    const rows = rowsOf(list, "severity", NAMES, true, new Set());
    expect(rows.map((r) => [r.alert.id, r.within.length])).toEqual([
      [1, 1],
      [3, 0],
    ]);
    expect(ids("severity", NAMES, true, new Set([1]))(list)).toEqual([1, 2, 3]);
    expect(ids("severity", NAMES, false, new Set())(list)).toEqual([2, 3, 1]);
    const circle = [alert(4, { incident: 5 }), alert(5, { incident: 4 })];
    expect(ids("severity", NAMES, true, new Set())(circle)).toHaveLength(2);
  });

  test("2,000 alerts of one incident and alone are sorted in no time that counts", () => {
    const list = Array.from({ length: 2000 }, (_, n) => alert(n + 1, { incident: n > 1000 ? 1 : null }));
    expect(rowsOf(list, "place", NAMES, true, new Set([1]))).toHaveLength(2000);
  });

  test("only those in sight are drawn", () => {
    expect(drawn(2000, 50, 0, 500)).toEqual([0, 18]);
    expect(drawn(2000, 50, 50_000, 50_500)).toEqual([992, 1018]);
    expect(drawn(5, 50, 0, 500)).toEqual([0, 5]);
    // Scrolled far beyond a list that has become short.
    expect(drawn(5, 50, 50_000, 50_500)).toEqual([0, 5]);
    expect(drawn(0, 50, 0, 500)).toEqual([0, 0]);
  });
});

describe("keys", () => {
  const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
    key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, defaultPrevented: false, ...more,
  }); // biome-ignore format: one row

  test("each asks for one thing", () => {
    const all = COMMANDS.flatMap((command) => KEYS[command]);
    expect(new Set(all).size).toBe(all.length);
    for (const command of COMMANDS)
      for (const key of KEYS[command]) expect(commandOf(press(key), false, false, true)).toBe(command);
    expect(commandOf(press("J"), false, false, true)).toBe("down");
    expect(commandOf(press("q"), false, false, true)).toBeNull();
  });

  test("none fires while something is typed, but Escape; none with the browser's own", () => {
    for (const command of COMMANDS)
      for (const key of KEYS[command])
        expect(commandOf(press(key), true, false, true)).toBe(key === "Escape" ? "back" : null);
    for (const more of [
      { ctrlKey: true },
      { metaKey: true },
      { altKey: true },
      { isComposing: true },
      { defaultPrevented: true },
    ])
      expect(commandOf(press("a", more), false, false, true)).toBeNull();
  });

  test("a button takes Enter and arrows itself; letters go on", () => {
    expect(commandOf(press("Enter"), false, true, true)).toBeNull();
    expect(commandOf(press("ArrowDown"), false, true, true)).toBeNull();
    expect(commandOf(press("a"), false, true, true)).toBe("acknowledge");
  });

  test("switched off, keys that write a character do nothing (WCAG 2.1.4)", () => {
    for (const key of ["a", "j", "/", "?", "x", "*"])
      expect(commandOf(press(key), false, false, false)).toBeNull();
    expect(commandOf(press("ArrowDown"), false, false, false)).toBe("down");
    expect(commandOf(press("Escape"), false, false, false)).toBe("back");
  });
});

describe("what is muted", () => {
  test("a rule where it fires; many of one rule in one silence", () => {
    expect(matchersOf([alert(1), alert(2)], "same", LAN)).toEqual([{ rule: ["dust"], sensor: ["S1", "S2"] }]);
    expect(matchersOf([alert(1), alert(2, { rule: "noise" })], "same", LAN)).toHaveLength(2);
  });

  test("all that is there; a rule in its whole ward", () => {
    expect(matchersOf([alert(1), alert(1, { rule: "noise" })], "place", LAN)).toEqual([{ sensor: ["S1"] }]);
    expect(matchersOf([alert(1), alert(2)], "zone", LAN)).toEqual([{ rule: ["dust"], zone: ["07210"] }]);
  });

  test("of a ward, an area or a cabinet by its own name; never a whole ward without a rule", () => {
    const ward = alert(1, { subject: "zone/07210", sensor_id: null });
    const area = alert(2, { subject: "area/bac_giang", sensor_id: null, zone: null });
    const cabinet = alert(3, { subject: "parent/TU-01", sensor_id: null });
    expect(matchersOf([ward], "place", LAN)).toEqual([{ rule: ["dust"], zone: ["07210"] }]);
    expect(matchersOf([area], "same", LAN)).toEqual([{ rule: ["dust"], area: ["bac_giang"] }]);
    expect(matchersOf([cabinet], "place", LAN)).toEqual([{ parent: ["TU-01"] }]);
    const system = alert(4, { subject: "system/audit", sensor_id: null, zone: null, area: "" });
    expect(matchersOf([system], "same", LAN)).toEqual([{ rule: ["dust"] }]);
  });

  test("who acts for a department mutes by its name; long lists are split", () => {
    expect(matchersOf([alert(1)], "same", CREW)[0]?.department).toEqual(["so-nnmt"]);
    const many = Array.from({ length: 130 }, (_, n) => alert(n + 1));
    expect(matchersOf(many, "same", LAN).map((m) => m.sensor?.length)).toEqual([100, 30]);
  });
});

describe("what an act is for", () => {
  test("the alert that its buttons stand at, be it closed and in no list; else what was chosen", async () => {
    const { alerts } = await import("../src/store/alerts");
    const { detail } = await import("../src/store/detail");
    const { learnPast, past, targets, ticked } = await import("../src/desk/state");
    alerts.value = new Map([1, 2].map((id) => [id, alert(id)]));
    ticked.value = new Set([2]);
    detail.value = { whole: { ...alert(9), state: "closed", revision: 4 } as never, why: null };
    expect(targets().map(({ id }) => id)).toEqual([2]);
    expect(targets(9).map(({ id, revision }) => [id, revision])).toEqual([[9, 4]]);
    past.items.value = [alert(9, { state: "closed" }), alert(8, { state: "closed" })];
    learnPast([alert(9, { state: "closed", revision: 5 }), alert(8, { state: "firing" })]);
    expect(past.items.value.map(({ id, revision }) => [id, revision])).toEqual([[9, 5]]);
  });
});
