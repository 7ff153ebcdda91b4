import "./setup";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me } from "../src/api/access";
import type { ListedRule, Replayed, RuleBody, RuleVersion, Worst } from "../src/api/rules";

const { readDuration, readNumber, showDuration, dayText } = await import("../src/rules/amounts");
const { bodyOf, changedPlaces, draftOf, NEW, rebased } = await import("../src/rules/form/draft");
const { CONDITIONS, TYPES } = await import("../src/rules/form/fields");
const { Editing } = await import("../src/rules/form/editing");
const { Trying } = await import("../src/rules/trial/trying");
const { heights, marksOf, piecesOf } = await import("../src/rules/trial/strip");
const { plain, standing, wantedRules } = await import("../src/rules/standing");
const { onTop } = await import("../src/rules/people/saving");
const { me } = await import("../src/store/me");
const { language } = await import("../src/store/prefs");

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe("amounts", () => {
  test("numbers have a comma or a point, durations words of both languages", () => {
    expect([
      readNumber("4,2"),
      readNumber("-0.5"),
      readNumber("10 000"),
      readNumber("1,2,3"),
      readNumber("x"),
    ]).toEqual([4.2, -0.5, 10_000, null, null]);
    expect(["10 phút", "1h30m", "1 giờ 30 phút", "90", "2 ngày", "0,5 h"].map(readDuration)).toEqual([
      600, 5400, 5400, 90, 172_800, 1800,
    ]);
    expect(["phút", "10 năm", "-5", "", "10m x"].map(readDuration)).toEqual([null, null, null, null, null]);
  });

  test("what is shown is read back the same, in both languages", () => {
    for (const lang of ["vi", "en"] as const) {
      language.value = lang;
      for (const seconds of [0, 1, 0.5, 60, 90, 3600, 5400, 86_400, 90_061])
        expect(readDuration(showDuration(seconds))).toBe(seconds);
    }
    language.value = "vi";
    expect(showDuration(5400)).toBe("1 giờ 30 phút");
    expect(dayText(at("2026-11-23T18:00:00Z"))).toBe("2026-11-24");
  });
});

const RULE: RuleBody = {
  code: "pm25-cao",
  vi: "Bụi PM2.5 cao",
  en: "High PM2.5",
  kind: "air_quality",
  severity: "warning",
  condition: {
    type: "threshold",
    metric: "pm2_5",
    levels: { above: 150.5, clear_above: null, inclusive: false },
    channel: null,
  },
  scope: { domain: ["environment"], area: [] },
  for_s: 600,
  reopen_s: 1800,
  quality: ["measuring"],
  enabled: true,
};

describe("the form of a rule", () => {
  test("a rule goes in and comes out as it was", () => {
    const draft = draftOf(RULE);
    expect(draft["condition.levels.above"]).toBe("150,5");
    expect(draft.for_s).toBe("10 phút");
    expect(draft.reopen_s).toBeUndefined();
    const { body, unread } = bodyOf(draft);
    expect(unread.size).toBe(0);
    expect(body.condition).toEqual({ type: "threshold", metric: "pm2_5", levels: { above: 150.5 } });
    expect(body.scope).toEqual({ domain: ["environment"] });
    expect([body.for_s, body.reopen_s, body.enabled]).toEqual([600, undefined, true]);
    // The channel without a name is another thing than none.
    const own = { ...RULE, condition: { ...RULE.condition, channel: "" } };
    expect(bodyOf(draftOf(own)).body.condition.channel).toBe("");
  });

  test("every kind of condition can be written and read back", () => {
    for (const type of TYPES) {
      const draft: Record<string, string | string[] | boolean> = { ...NEW, "condition.type": type };
      for (const spec of CONDITIONS[type] ?? [])
        draft[spec.path] =
          spec.kind === "codes"
            ? ["a", "b"]
            : spec.kind === "flag"
              ? true
              : spec.kind === "number"
                ? "7,5"
                : spec.kind === "duration"
                  ? "10 phút"
                  : spec.kind === "pairs"
                    ? "period=night, pollutant=no2"
                    : (spec.choices?.at(-1) ?? "speed");
      const first = bodyOf(draft);
      expect(first.unread.size, type).toBe(0);
      expect(bodyOf(draftOf(first.body)).body, type).toEqual(first.body);
    }
  });

  test("what cannot be read is named, and is not sent", () => {
    const { body, unread } = bodyOf({ ...draftOf(RULE), "condition.levels.above": "cao", for_s: "lâu" });
    expect([...unread]).toEqual([
      ["for_s", "duration"],
      ["condition.levels.above", "number"],
    ]);
    expect(body.for_s).toBeUndefined();
    expect(bodyOf({ ...NEW, enabled: false }).body.enabled).toBe(false);
  });

  test("where somebody was faster, mine goes on top of theirs", () => {
    const seen = draftOf(RULE);
    const mine = { ...seen, for_s: "5 phút", "condition.levels.clear_above": "120" };
    const theirs = draftOf({ ...RULE, severity: "major", for_s: 1200 });
    expect(changedPlaces(seen, mine)).toEqual(["for_s", "condition.levels.clear_above"]);
    const found = rebased(seen, mine, theirs);
    expect([found.severity, found.for_s, found["condition.levels.clear_above"]]).toEqual([
      "major",
      "5 phút",
      "120",
    ]);
    expect(onTop({ a: 1, b: [1], c: 1 }, { a: 2, b: [1], c: 1 }, { a: 1, b: [2], c: 1 })).toEqual({
      a: 2,
      b: [2],
      c: 1,
    });
  });
});

describe("asking while somebody types", () => {
  const asked: { path: string; body: Record<string, unknown>; signal: AbortSignal | undefined }[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = 0;
    me.value = { permissions: ["rules.read", "rules.write"] } as unknown as Me;
    vi.stubGlobal("fetch", (url: string, { body, signal }: { body: string; signal?: AbortSignal }) => {
      asked.push({ path: url.replace("/api/v1/", ""), body: JSON.parse(body), signal });
      return new Promise((_, refuse) =>
        signal?.addEventListener("abort", () => refuse(new Error("aborted"))),
      );
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    me.value = null;
  });

  test("a trial is asked for when the typing pauses, and the former one is given up", async () => {
    const ed = new Editing(null);
    const trial = new Trying(ed);
    const end = trial.follow();
    const replays = (): typeof asked => asked.filter(({ path }) => path === "rules/replay");
    await vi.advanceTimersByTimeAsync(2000);
    expect(replays(), "nothing has been chosen yet").toHaveLength(0);
    ed.set("condition.metric", "speed");
    for (const text of ["3", "30"]) ed.set("condition.levels.below", text);
    await vi.advanceTimersByTimeAsync(1000);
    expect(replays()).toHaveLength(1);
    expect(replays()[0]?.body.rule).toMatchObject({ condition: { metric: "speed", levels: { below: 30 } } });
    ed.set("vi", "Một cái tên");
    await vi.advanceTimersByTimeAsync(1000);
    expect(replays(), "a name changes nothing").toHaveLength(1);
    ed.set("condition.levels.below", "25");
    await vi.advanceTimersByTimeAsync(1000);
    expect(replays()).toHaveLength(2);
    expect(replays()[0]?.signal?.aborted).toBe(true);
    trial.days.value = 7;
    await vi.advanceTimersByTimeAsync(1000);
    const { from, to, quick } = (replays()[2]?.body ?? {}) as { from: string; to: string; quick: boolean };
    expect([at(to) - at(from), quick]).toEqual([7 * 24 * HOUR, true]);
    end();
    expect(replays()[2]?.signal?.aborted).toBe(true);
  });

  test("who may only read rules tries them, and is not asked to keep them", async () => {
    me.value = { permissions: ["rules.read"] } as unknown as Me;
    const ed = new Editing({ version: 2, rule: RULE } as RuleVersion);
    const end = new Trying(ed).follow();
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked.map(({ path }) => path)).toEqual(["rules/replay"]);
    end();
  });
});

describe("the strip of a trial", () => {
  const found = { since: "2026-11-22T17:00:00Z", until: "2026-11-23T17:00:00Z" } as Replayed;
  test("pieces lie where they were, and none is too thin to be seen", () => {
    const raises = [
      { since: "2026-11-22T17:00:00Z", until: "2026-11-22T23:00:00Z", again: false },
      { since: "2026-11-23T04:59:59Z", until: "2026-11-23T05:00:00Z", again: true },
      { since: "2026-11-23T16:59:59Z", until: null, again: false },
    ];
    const pieces = piecesOf({ raises } as Worst, found, 0.01);
    expect(pieces.map((p) => [Number(p.at.toFixed(2)), Number(p.width.toFixed(2)), p.again])).toEqual([
      [0, 0.25, false],
      [0.5, 0.01, true],
      [0.99, 0.01, false],
    ]);
    expect(marksOf(found).map((m) => m.text)).toEqual(["00:00", "06:00", "12:00", "18:00"]);
    expect(heights([0, 1, 10], 10)).toEqual([0, 0.12, 1]);
  });
});

describe("the list of rules", () => {
  const rule = (code: string, open: number, more: object = {}): ListedRule =>
    ({
      code,
      open,
      enabled: true,
      set_aside: null,
      rule: { ...RULE, code, vi: "Đèn tắt ban đêm" },
      ...more,
    }) as ListedRule;
  test("what fires is first, and words are found without their marks", () => {
    const rules = [
      rule("a", 0),
      rule("b", 2),
      rule("c", 0, { enabled: false }),
      rule("d", 1, { set_aside: "x" }),
    ];
    expect(rules.map(standing)).toEqual(["on", "firing", "off", "aside"]);
    expect(wantedRules(rules, "den tat", "all").map((r) => r.code)).toEqual(["b", "d", "a", "c"]);
    expect(wantedRules(rules, "", "on").map((r) => r.code)).toEqual(["b", "a"]);
    expect(wantedRules(rules, "ngap", "all")).toEqual([]);
    expect(plain("Ngập đường")).toBe("ngap duong");
  });
});
