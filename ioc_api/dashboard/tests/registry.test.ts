import { expect, test } from "vitest";
import type { Area, Zone } from "../src/api/types";
import { now } from "../src/store/clock";
import { areas, liveZones, zones } from "../src/store/registry";

test("a zone begins and ends with the city's day, while the page is open", () => {
  const zone = (code: string, from: string | null, to: string | null): Zone =>
    ({ code, area: "a", valid_from: from, valid_to: to }) as Zone;
  areas.value = [{ code: "a" } as Area];
  zones.value = [zone("old", null, "2026-11-23"), zone("new", "2026-11-24", null)];
  const at = (time: string): string[] => {
    now.value = Date.parse(time);
    return liveZones.value.map(({ code }) => code);
  };
  expect(at("2026-11-23T23:59:59+07:00")).toEqual(["old"]);
  const seen = liveZones.value;
  now.value -= 1_000;
  expect(liveZones.value, "nothing is worked out anew within a day").toBe(seen);
  expect(at("2026-11-24T00:00:00+07:00")).toEqual(["new"]);
});
