import { describe, expect, test } from "vitest";
import type { Alert } from "../src/api/alerts";
import type { Zone } from "../src/api/types";
import { gather, MOST, placesOf } from "../src/map/places";
import { arrange } from "../src/store/alerts";

function alert(id: number, more: Partial<Alert> = {}): Alert {
  return {
    key: String(id),
    id,
    severity: "warning",
    state: "firing",
    started_at: "2026-11-23T08:00:00Z",
    incident: null,
    area: "bac_giang",
    zone: null,
    sensor_id: null,
    subject: `sensor/S${id}`,
    lat: null,
    lon: null,
    ...more,
  } as Alert;
}

const zone = (code: string, area: string, lon: number, lat: number): Zone =>
  ({ code, area, lon, lat }) as Zone;

const ZONES = [zone("07210", "bac_giang", 106, 21), zone("07228", "bac_giang", 107, 22)];
const places = (...list: Alert[]) => placesOf(arrange(list, "severity"), ZONES);

describe("where alerts are on the map", () => {
  test("at the place that the server names, else in their ward or area", () => {
    const at = (more: Partial<Alert>): (number | boolean | undefined)[] => {
      const [one] = places(alert(1, more));
      return [one?.lon, one?.lat, one?.rough];
    };
    expect(at({ lon: 106.5, lat: 21.5 })).toEqual([106.5, 21.5, false]);
    expect(at({ zone: "07228", subject: "zone/07228" })).toEqual([107, 22, true]);
    expect(at({ subject: "area/bac_giang" })).toEqual([106.5, 21.5, true]);
    expect(places(alert(1, { area: "elsewhere" }))).toEqual([]);
  });

  test("one mark for a place, told by the gravest, and by one that waits before one that does not", () => {
    const here = { lon: 106.2, lat: 21.2 };
    const [one, ...others] = places(
      alert(1, { ...here, severity: "major", state: "acknowledged" }),
      alert(2, here),
      alert(3, { ...here, severity: "major", state: "firing" }),
    );
    expect(others).toEqual([]);
    expect([one?.alert.id, one?.count, one?.unseen]).toEqual([3, 3, true]);
  });

  test("an incident is one mark that counts what it speaks for; seen when all of it is", () => {
    const list = [
      alert(1, { subject: "parent/TU/01", state: "acknowledged" }),
      alert(2, { sensor_id: "L1", incident: 1, state: "acknowledged" }),
      alert(3, { sensor_id: "L2", incident: 1, state: "in_progress" }),
    ];
    const [one, ...others] = places(...list);
    expect(others).toEqual([]);
    expect([one?.alert.id, one?.count, one?.unseen]).toEqual([1, 3, false]);
  });

  test("marks that would lie on each other are one until the map is near enough", () => {
    const all = places(
      alert(1, { lon: 106, lat: 21, severity: "critical", state: "acknowledged" }),
      alert(2, { lon: 106.001, lat: 21 }),
      alert(3, { lon: 106.5, lat: 21 }),
    );
    const at = (scale: number) => (p: { lon: number; lat: number }) => ({
      x: p.lon * scale,
      y: p.lat * scale,
    });
    const far = gather(all, at(1000), 20);
    expect(far.map((p) => [p.alert.id, p.count, p.unseen])).toEqual([
      [1, 2, true],
      [3, 1, true],
    ]);
    expect(gather(all, at(100_000), 20).length).toBe(3);
  });

  test("of very many the gravest are drawn", () => {
    const many = Array.from({ length: 1000 }, (_, i) => alert(i + 1, { lon: 106 + i / 1000, lat: 21 }));
    const found = places(...many, alert(5000, { severity: "critical", lon: 105, lat: 20 }));
    expect(found.length).toBe(MOST);
    expect(found[0]?.alert.id).toBe(5000);
  });
});
