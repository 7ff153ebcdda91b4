import "./setup";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Me } from "../src/api/access";

const { differences, shown } = await import("../src/audit/diff");
const { asked } = await import("../src/audit/AuditView");
const { EMPTY } = await import("../src/audit/Filters");
const { strengthOf } = await import("../src/sign/strength");
const { browserOf } = await import("../src/account/agent");
const { grantText, sent, within } = await import("../src/people/grants");
const { areas, domains, zones } = await import("../src/store/registry");
const { may, me, wall } = await import("../src/store/me");
const { get, onShut, prove } = await import("../src/api/http");
const { exchangeCode } = await import("../src/api/session");
const { pageIn } = await import("../src/store/route");
const { refusal } = await import("../src/parts/deed");
const { dayOf, endOf } = await import("../src/parts/moment");
const { Listed } = await import("../src/store/lists");

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status, headers }));
}

describe("before and after", () => {
  test("only what differs is told, place by place", () => {
    const before = { name: "A", limits: { high: 5, low: 1 }, tags: ["x"] };
    const after = { name: "A", limits: { high: 7, low: 1 }, tags: ["x", "y"], note: "" };
    expect(differences(before, after)).toEqual([
      { at: "limits.high", before: 5, after: 7 },
      { at: "tags", before: ["x"], after: ["x", "y"] },
      { at: "note", before: undefined, after: "" },
    ]);
    expect(differences(before, before)).toEqual([]);
  });

  test("what was made or removed is told whole, and what is no object too", () => {
    expect(differences(null, { a: 1, b: { c: 2 } })).toEqual([
      { at: "a", before: undefined, after: 1 },
      { at: "b.c", before: undefined, after: 2 },
    ]);
    expect(differences({ a: null }, null)).toEqual([{ at: "a", before: null, after: undefined }]);
    expect(differences({ a: { b: 1 } }, { a: 3 })).toEqual([{ at: "a", before: { b: 1 }, after: 3 }]);
    expect(differences([1], [2])).toEqual([{ at: "", before: [1], after: [2] }]);
  });

  test("values are read as they are", () => {
    expect([undefined, null, "<b>", 3, [], ["a", 1], { a: [{}] }].map(shown)).toEqual([
      "–",
      "null",
      "<b>",
      "3",
      "[]",
      "a, 1",
      '{\n "a": [\n  {}\n ]\n}',
    ]);
  });

  test("a filter asks for what was typed, in the city's time", () => {
    expect(asked(EMPTY)).toBe("audit?limit=100");
    const query = new URLSearchParams(
      asked({
        ...EMPTY,
        actor: " an ",
        q: "a&b",
        outcome: "refused",
        from: Date.parse("2026-11-23T07:00:00+07:00"),
      }).slice(6),
    );
    expect(Object.fromEntries(query)).toEqual({
      limit: "100",
      actor: "an",
      q: "a&b",
      outcome: "refused",
      from: "2026-11-23T00:00:00.000Z",
    });
    expect([endOf(null), endOf(Date.parse("2026-12-31T09:00:00+07:00"))]).toEqual([
      null,
      "2026-12-31T23:59:59+07:00",
    ]);
    expect(endOf(dayOf("2026-12-31T16:59:59Z"))).toBe("2026-12-31T23:59:59+07:00");
  });
});

test.each([
  ["ngắn quá", "short"],
  ["x".repeat(129), "long"],
  ["aaaaaaaaaaaaaaaa", "plain"],
  ["abcdefghijklmnop", "plain"],
  ["12345678901234", "plain"],
  ["qwertyuiopasdfgh", "plain"],
  ["Nguyễn Văn An 1", "own"],
  ["nguyen.van.an@nguyenvanan", "own"],
  ["cầu tre lắt lẻo mùa mưa", "good"],
  ["correct horse battery", "good"],
])("a password as it is typed: %s is %s", (password, expected) => {
  expect(strengthOf(password, ["nguyen.van.an", "Nguyễn Văn An"])).toBe(expected);
});

test("browsers by name; what nobody knows has none", () => {
  const chrome =
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36";
  expect(browserOf(chrome)).toBe("Chrome · Windows");
  expect(browserOf(`${chrome} Edg/130.0`)).toBe("Edge · Windows");
  expect(browserOf("curl/8")).toBe("");
});

describe("grants", () => {
  beforeEach(() => {
    areas.value = [
      { code: "bac_giang", vi: "Bắc Giang", en: "Bắc Giang" },
      { code: "viet_yen", vi: "Việt Yên", en: "Việt Yên" },
    ];
    const zone = {
      lat: 0,
      lon: 0,
      bbox: [0, 0, 0, 0],
      area_km2: 1,
      valid_from: null,
      valid_to: null,
    } as const;
    zones.value = [
      { ...zone, bbox: [0, 0, 0, 0], code: "07210", vi: "phường A", en: "A ward", area: "bac_giang" },
      { ...zone, bbox: [0, 0, 0, 0], code: "07777", vi: "phường B", en: "B ward", area: "viet_yen" },
    ];
    domains.value = [{ code: "traffic", vi: "giao thông", en: "traffic", interval_s: 5, metrics: [] }];
  });

  test("are told in a line, the role first", () => {
    expect(grantText({ role: "viewer" })).toBe("Người xem · toàn thành phố");
    expect(grantText({ role: "operator", areas: ["viet_yen"], domains: ["traffic"] })).toBe(
      "Trực ban điều hành · Việt Yên · Giao thông",
    );
    expect(grantText({ role: "department", department: "x", ends_at: "2026-12-31T16:59:59Z" })).toBe(
      "Đơn vị xử lý · x · đến 31/12/2026",
    );
  });

  test("are sent with what limits them only, and zones within their areas", () => {
    const grant = { role: "viewer" as const, areas: [], zones: ["07210"], department: "x", ends_at: null };
    expect(sent(grant)).toEqual({ role: "viewer", zones: ["07210"] });
    expect(within({ role: "viewer", areas: ["viet_yen"], zones: ["07210", "07777"] }).zones).toEqual([
      "07777",
    ]);
    expect(within({ role: "viewer", zones: ["07210", "07777"] }).zones).toHaveLength(2);
  });
});

test("nothing is offered that may not be done; a wall shows only", () => {
  me.value = null;
  expect(may("read")).toBe(false);
  me.value = { permissions: ["read", "self"] } as unknown as Me;
  expect([may("read"), may("people.read"), may("alerts.act")]).toEqual([true, false, false]);
  me.value = null;
  wall.value = true;
  expect([may("read"), may("alerts.read"), may("alerts.act"), may("self")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  wall.value = false;
});

describe("refusals", () => {
  test("a 401 tells whether the session is locked; one to a password tells nothing of it", async () => {
    const shut = vi.fn();
    onShut(shut);
    answer(401, { detail: "x", locked: true });
    await expect(get("me")).rejects.toThrow();
    await expect(prove("session/unlock", {})).rejects.toThrow();
    answer(401, {});
    await expect(get("me")).rejects.toThrow();
    expect(shut.mock.calls).toEqual([[true], [false]]);
  });

  test("are said in the server's words, without the place in what was sent", async () => {
    answer(422, { detail: "body.grants[0].role: sai / wrong" });
    expect(await prove("x", {}).catch(refusal)).toBe("sai / wrong");
    answer(503, { detail: "x" });
    expect(await prove("x", {}).catch(refusal)).toContain("có thể đã ghi hoặc chưa");
  });

  test("too fast: with how long to wait", async () => {
    answer(429, { detail: "chờ / wait" }, { "retry-after": "30" });
    await expect(prove("session", {})).rejects.toMatchObject({ status: 429, problem: { retry_after: 30 } });
  });
});

describe("a link", () => {
  beforeEach(() => {
    vi.stubGlobal("history", {
      replaceState: () => {
        location.hash = "";
      },
    });
    location.hash = "#code=abc";
  });

  test("that signs in, one to choose a password by, and one that is spent", async () => {
    answer(200, { next: "done" });
    expect(await exchangeCode()).toEqual({ kind: "accepted" });
    expect(location.hash).toBe("");
    location.hash = "#code=abc";
    answer(200, { next: "choose_password", name: "an", full_name: "An" });
    expect(await exchangeCode()).toEqual({ kind: "choose", code: "abc", name: "an", fullName: "An" });
    location.hash = "#code=abc";
    answer(401, {});
    expect(await exchangeCode()).toEqual({ kind: "refused" });
    expect(location.hash).toBe("");
  });

  test("stays where the server could not say", async () => {
    answer(503, {});
    await expect(exchangeCode()).rejects.toThrow();
    expect(location.hash).toBe("#code=abc");
    location.hash = "";
    expect(await exchangeCode()).toEqual({ kind: "none" });
  });
});

test("addresses of pages, and only such", () => {
  expect(pageIn("#/people/nguyen.van-an@x")).toMatchObject({ page: "people", name: "nguyen.van-an@x" });
  expect(pageIn("#/audit")).toMatchObject({ page: "audit", name: null });
  expect(pageIn("#/boards/traffic?zone=07210").query.get("zone")).toBe("07210");
  for (const other of ["", "#/", "#/people/../x", "#/audit/x", "#/nobody"])
    expect(pageIn(other).page, other).toBeNull();
});

test("a list is read on by its cursor, and an answer to an older question is not shown", async () => {
  const list = new Listed<number>();
  const answers: ((page: unknown) => void)[] = [];
  const urls: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    urls.push(url);
    return new Promise((done) => answers.push((page) => done(new Response(JSON.stringify(page)))));
  });
  const old = list.read("a?x=1");
  const now = list.read("b");
  answers[1]?.({ items: [1], next: "c/1" });
  answers[0]?.({ items: [9], next: null });
  await Promise.all([old, now]);
  expect(list.items.value).toEqual([1]);
  const more = list.more("b");
  answers[2]?.({ items: [2], next: null });
  await more;
  expect([list.items.value, list.next.value]).toEqual([[1, 2], null]);
  expect(urls[2]).toBe("/api/v1/b?cursor=c%2F1");
});
