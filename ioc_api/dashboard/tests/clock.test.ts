import "./setup";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { byServer, keepTo, trustServer } from "../src/store/clock";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-23T08:00:00Z") });
  trustServer("2026-11-23T08:00:10Z", Date.now());
});
afterEach(() => {
  vi.useRealTimers();
});

test("the server's clock counts, and the way of a message does not", () => {
  const told = byServer(Date.now());
  expect(told).toBe(Date.parse("2026-11-23T08:00:10Z"));
  keepTo(told - 1_500, Date.now());
  expect(byServer(Date.now())).toBe(told);
});

test("this machine's clock was set in the midst of a connection: times stay the server's", () => {
  const server = byServer(Date.now()) + 25_000;
  vi.setSystemTime(Date.parse("2020-01-01T00:00:00Z"));
  keepTo(server, Date.now());
  expect(byServer(Date.now())).toBe(server);
});

test("a message that was heard late sets nothing back; two that say the same do", () => {
  const server = byServer(Date.now());
  keepTo(server - 20_000, Date.now());
  expect(byServer(Date.now())).toBe(server);
  keepTo(server + 10, Date.now());
  keepTo(server - 20_000, Date.now());
  keepTo(server - 20_100, Date.now());
  expect(byServer(Date.now())).toBe(server - 20_100);
});
