import "./setup";
import { beforeEach, describe, expect, test } from "vitest";
import { goOn, remember, wanted } from "../src/store/route";

const NOW = 1_800_000_000_000;
const went: string[] = [];
Object.assign(globalThis, {
  history: {
    replaceState: (_state: unknown, _title: string, hash: string) => {
      went.push(hash);
      location.hash = hash;
    },
  },
});
if (!("removeItem" in localStorage))
  Object.assign(localStorage, { removeItem: (name: string) => localStorage.setItem(name, "") });

beforeEach(() => {
  went.length = 0;
  localStorage.removeItem("ioc.wanted");
});

describe("an alert that a message leads to, before the way in", () => {
  test("is kept, and gone to once", () => {
    location.hash = "#/alerts/12";
    remember(NOW);
    expect(wanted(NOW + 1000)).toBe("#/alerts/12");
    location.hash = "";
    goOn(NOW + 60_000);
    expect(went).toEqual(["#/alerts/12"]);
    location.hash = "";
    goOn(NOW + 61_000);
    expect(went).toEqual(["#/alerts/12"]);
  });

  test("not after an hour, not over an address that names an alert, and nothing else is kept", () => {
    location.hash = "#/alerts/12";
    remember(NOW);
    location.hash = "";
    expect(wanted(NOW + 3_600_000)).toBeNull();
    location.hash = "#/alerts/99";
    goOn(NOW + 1000);
    expect(went).toEqual([]);
    for (const hash of ["", "#code=abc", "#/alerts/x", "#/alerts/1/../../evil"]) {
      location.hash = hash;
      remember(NOW);
      expect(wanted(NOW), hash).toBeNull();
    }
    localStorage.setItem("ioc.wanted", `${NOW} javascript:alert(1)`);
    expect(wanted(NOW)).toBeNull();
  });
});
