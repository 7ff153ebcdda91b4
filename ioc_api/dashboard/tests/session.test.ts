import "./setup";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../src/api/access";

const kept = new Map<string, string>();
vi.stubGlobal("sessionStorage", {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => kept.set(name, value),
  removeItem: (name: string) => kept.delete(name),
});
await import("../src/store/session");
const { get } = await import("../src/api/http");
const { session, wall } = await import("../src/store/me");
const { phase } = await import("../src/store/phase");

const LAN: Session = {
  name: "lan",
  full_name: "Lan",
  way: "password",
  locked: false,
  idle_lock_min: 15,
  expires_at: "2026-11-24T10:00:00Z",
  must_enrol: false,
  password: true,
};
const reload = vi.fn();

/** Whose session it is that the cookie leads to; everything else is refused with 401. */
function cookieOf(held: Session | null): void {
  vi.stubGlobal("fetch", async (url: string) => {
    const asked = String(url).endsWith("/session") && held !== null;
    return new Response(JSON.stringify(asked ? held : { status: 401 }), { status: asked ? 200 : 401 });
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(location, { reload });
  reload.mockClear();
  phase.value = "open";
  session.value = LAN;
  wall.value = false;
});

afterEach(() => vi.useRealTimers());

async function refused(): Promise<void> {
  await expect(get("alerts")).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(0);
}

test("a refusal while one's session goes on changes nothing", async () => {
  cookieOf(LAN);
  await refused();
  expect(phase.value).toBe("open");
  expect(reload).not.toHaveBeenCalled();
});

test("a refusal because somebody else has signed in begins anew, with nothing of before in memory", async () => {
  cookieOf({ ...LAN, name: "minh", full_name: "Minh" });
  await refused();
  expect(reload).toHaveBeenCalledOnce();
  expect(phase.value).toBe("opening");
});

test("a refusal because the session is over or locked shows nothing any more", async () => {
  cookieOf({ ...LAN, locked: true });
  await refused();
  expect(phase.value).toBe("locked");
  phase.value = "open";
  cookieOf(null);
  await refused();
  expect(reload).toHaveBeenCalledOnce();
});
