import { afterEach, expect, test, vi } from "vitest";
import { backoff } from "../src/live/backoff";
import { beforeNextFrame, Coalescer } from "../src/live/coalescer";
import type { Keyed } from "../src/live/protocol";
import { Table } from "./world";

function make() {
  const table = new Table();
  const frames: (() => void)[] = [];
  const coalescer = new Coalescer(table, (work) => frames.push(work));
  const draw = (): void => {
    for (const work of frames.splice(0)) work();
  };
  return { table, frames, coalescer, draw };
}

const item = (key: string, value: number): Keyed => ({ key, value }) as Keyed;

test("the newest of each key wins, and one drawing is arranged for many frames", () => {
  const { table, frames, coalescer, draw } = make();
  for (let n = 0; n < 1000; n++) coalescer.apply([item(`k${n % 3}`, n)], []);
  expect(frames.length).toBe(1);
  expect(coalescer.pending).toBe(3);
  draw();
  expect(table.rows.get("k0")).toEqual(item("k0", 999));
  expect(table.rows.size).toBe(3);
});

test("removed and added in one drawing: the last word counts", () => {
  const { table, coalescer, draw } = make();
  coalescer.apply([item("a", 1), item("b", 1)], []);
  coalescer.apply([], ["a"]);
  coalescer.apply([item("a", 2)], ["b"]);
  draw();
  expect(table.rows).toEqual(new Map([["a", item("a", 2)]]));
});

test("a snapshot sweeps away what waited before it, and keeps what comes after", () => {
  const { table, coalescer, draw } = make();
  coalescer.apply([item("old", 1)], []);
  coalescer.replace([item("a", 1), item("b", 1)]);
  coalescer.apply([item("a", 2)], ["b"]);
  draw();
  expect(table.keys).toEqual(["a"]);
  expect(table.rows.get("a")).toEqual(item("a", 2));
});

test("waits double to fifteen seconds, and chance takes half at most", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((n) => backoff(n, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 15000, 15000,
  ]);
  expect(backoff(0, 0)).toBe(250);
  expect(backoff(9, 0)).toBe(7500);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a page that is hidden before it draws is served within a second, and nothing is done twice", () => {
  vi.useFakeTimers();
  const frames: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (work: () => void) => frames.push(work));
  const table = new Table();
  const coalescer = new Coalescer(table, beforeNextFrame);
  coalescer.apply([item("a", 1)], []);
  vi.advanceTimersByTime(999);
  expect(table.rows.size).toBe(0);
  vi.advanceTimersByTime(1);
  expect(table.rows.get("a")).toEqual(item("a", 1));
  const work = vi.fn();
  beforeNextFrame(work);
  // It is seen again: both pictures are drawn, the one that was waited for in vain too.
  for (const draw of frames) draw();
  vi.advanceTimersByTime(5_000);
  expect(work).toHaveBeenCalledOnce();
  expect(table.rows.size).toBe(1);
});
