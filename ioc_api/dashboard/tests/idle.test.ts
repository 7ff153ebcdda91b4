import { describe, expect, test } from "vitest";
import { Quiet } from "../src/store/idle";

const MIN = 60_000;

describe("a screen that nobody uses", () => {
  test("locks after its minutes, and not before", () => {
    const quiet = new Quiet(15 * MIN, 0);
    expect(quiet.look(15 * MIN - 1)).toMatchObject({ lock: false, leftMs: 1 });
    expect(quiet.look(15 * MIN).lock).toBe(true);
  });

  test("what a person does starts the time anew; a machine that slept wakes up locked", () => {
    const quiet = new Quiet(15 * MIN, 0);
    quiet.input(14 * MIN);
    expect(quiet.look(28 * MIN).lock).toBe(false);
    expect(quiet.look(600 * MIN).lock).toBe(true);
  });

  test("0 minutes: never", () => {
    expect(new Quiet(0, 0).look(10_000 * MIN)).toMatchObject({
      lock: false,
      leftMs: Number.POSITIVE_INFINITY,
    });
  });
});

describe("the server is told of somebody", () => {
  test("at most once a minute, and only if there was somebody", () => {
    const quiet = new Quiet(15 * MIN, 0);
    let said = 0;
    for (let now = 0; now <= 10 * MIN; now += 1_000) {
      if (now <= 5 * MIN) quiet.input(now);
      if (quiet.look(now).say) said += 1;
    }
    expect(said).toBe(5);
  });

  test("of the last thing somebody did too, so that it does not lock before this screen", () => {
    const quiet = new Quiet(15 * MIN, 0);
    quiet.input(MIN);
    expect(quiet.look(MIN).say).toBe(true);
    quiet.input(MIN + 30_000);
    expect(quiet.look(MIN + 30_000).say).toBe(false);
    expect(quiet.look(2 * MIN).say).toBe(true);
    expect(quiet.look(3 * MIN).say).toBe(false);
  });

  test("by the window in which it is done; the others wait as long", () => {
    const quiet = new Quiet(15 * MIN, 0);
    quiet.elsewhere(10 * MIN);
    expect(quiet.look(11 * MIN).say).toBe(false);
    expect(quiet.look(25 * MIN - 1).lock).toBe(false);
    expect(quiet.look(25 * MIN).lock).toBe(true);
  });
});
