import type { Map as GlMap } from "maplibre-gl";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Camera } from "../src/map/camera";
import { registry } from "./past";

Object.assign(globalThis, {
  history: {
    replaceState: (_state: unknown, _title: string, hash: string) => {
      written.push(hash);
      location.hash = hash;
    },
  },
});
const written: string[] = [];
if (!("removeItem" in localStorage))
  Object.assign(localStorage, { removeItem: (name: string) => localStorage.setItem(name, "") });
const { areas, zones } = await import("../src/store/registry");
const { choicesSaid, keepCityAddress, takeChoices } = await import("../src/store/choices");
const chosen = await import("../src/store/selection");
const { alertId, go, goOn, idIn, note, place, remember } = await import("../src/store/route");

const SPOT = { lon: 106.21, lat: 21.27, zoom: 14.25 };
let stop = (): void => {};

/** Somebody opens that address. */
function opened(query: string): void {
  note(null, "", Object.fromEntries(new URLSearchParams(query)));
  written.length = 0;
}

beforeEach(() => {
  vi.useFakeTimers();
  registry();
  areas.value = [{ code: "bac_giang", vi: "", en: "" }] as typeof areas.value;
  zones.value = zones.value.map((zone) => ({
    ...zone,
    valid_from: null,
    valid_to: null,
    lon: 106.2,
    lat: 21.27,
    bbox: [106.1, 21.2, 106.3, 21.4],
  })) as typeof zones.value;
  chosen.shownDomain.value = "";
  chosen.shownMetric.value = "";
  chosen.shownShading.value = "none";
  chosen.selectedZone.value = null;
  chosen.selectedSensor.value = null;
  chosen.shownSpot.value = null;
  location.hash = "#/";
  go(null);
  written.length = 0;
});
afterEach(() => {
  stop();
  stop = () => {};
  vi.useRealTimers();
});

describe("the address of the city", () => {
  test("says what is chosen, and nothing of what nobody chose", () => {
    stop = keepCityAddress();
    expect(location.hash).toBe("#/");
    chosen.showMetric("traffic/speed");
    chosen.shownShading.value = "tti";
    chosen.selectedZone.value = "07210";
    expect(place.value.query.toString()).toBe("metric=traffic%2Fspeed&shade=tti&zone=07210");
    chosen.showDomain("environment");
    chosen.shownShading.value = "none";
    chosen.selectedZone.value = null;
    chosen.selectedSensor.value = "A";
    expect(location.hash).toBe("#/?domain=environment&sensor=A");
    chosen.showDomain("");
    chosen.selectedSensor.value = null;
    expect(location.hash).toBe("#/");
  });

  test("reproduces the view", () => {
    opened("metric=traffic/flow&shade=lamps_on&zone=07210&map=106.21000_21.27000_14.25&sensor=A");
    stop = keepCityAddress();
    expect(chosen.shownDomain.value).toBe("traffic");
    expect(chosen.shownMetric.value).toBe("traffic/flow");
    expect(chosen.shownShading.value).toBe("lamps_on");
    expect(chosen.selectedZone.value).toBe("07210");
    expect(chosen.selectedSensor.value).toBe("A");
    expect(chosen.shownSpot.value).toEqual(SPOT);
    vi.runAllTimers();
    expect(written, "it says so already").toEqual([]);
    // Another link: what it does not speak of nobody chose.
    opened("domain=lighting");
    expect(choicesSaid()).toEqual({ domain: "lighting" });
  });

  test("takes nothing wrong, and leaves it out", () => {
    for (const query of [
      "metric=traffic/mood",
      "metric=nothing/speed",
      "metric=traffic",
      "domain=__proto__",
      "shade=constructor",
      "zone=99999",
      "map=soon",
      "map=2.35000_48.85000_12.00",
      "map=106.20000_21.27000_99",
      "sensor=../../evil",
    ]) {
      opened(query);
      stop = keepCityAddress();
      expect(choicesSaid(), query).toEqual({});
      expect(chosen.selectedSensor.value, query).toBeNull();
      expect(location.hash, query).toBe("#/");
      stop();
    }
  });

  test("without a word is the way back, to what was chosen", () => {
    stop = keepCityAddress();
    chosen.shownShading.value = "tti";
    go("desk");
    chosen.showDomain("traffic");
    expect(location.hash, "another page's address is its own").toBe("#/desk");
    go(null);
    expect(location.hash).toBe("#/?domain=traffic&shade=tti");
  });

  test("keeps the alert that is looked at", () => {
    location.hash = "#/alerts/12";
    remember();
    location.hash = "";
    goOn();
    stop = keepCityAddress();
    expect(location.hash).toBe("#/alerts/12");
    chosen.shownShading.value = "tti";
    expect(location.hash).toBe("#/alerts/12?shade=tti");
    expect(alertId.value).toBe(12);
    expect(idIn("#/alerts/12/x?shade=tti")).toBeNull();
  });

  test("does not bring back a map that somebody has moved far away", () => {
    stop = keepCityAddress();
    const far = { lon: -3.7, lat: 40.4, zoom: 9 };
    chosen.shownSpot.value = far;
    vi.advanceTimersByTime(600);
    expect(location.hash).toBe("#/?map=-3.70000_40.40000_9.00");
    chosen.shownShading.value = "tti";
    expect(chosen.shownSpot.value).toEqual(far);
  });

  test("is not written anew with each move of the map", () => {
    stop = keepCityAddress();
    for (let i = 0; i < 20; i++) {
      chosen.shownSpot.value = { ...SPOT, zoom: 12 + i / 10 };
      vi.advanceTimersByTime(50);
    }
    vi.advanceTimersByTime(2000);
    expect(written).toEqual(["#/?map=106.21000_21.27000_12.90", "#/?map=106.21000_21.27000_13.90"]);
  });
});

test("a replay's link says the same, and takes it", () => {
  takeChoices(new URLSearchParams("from=2026-11-22T11:00:00Z&metric=traffic/speed&shade=vn_aqi_hourly"));
  expect(choicesSaid()).toEqual({ metric: "traffic/speed", shade: "vn_aqi_hourly" });
  takeChoices(new URLSearchParams("from=2026-11-22T11:00:00Z"));
  expect(choicesSaid(), "one that speaks of no map").toEqual({
    metric: "traffic/speed",
    shade: "vn_aqi_hourly",
  });
});

describe("the map", () => {
  function camera() {
    const moves: unknown[] = [];
    let center = { lng: 106.14, lat: 21.26 };
    let zoom = 10.5;
    let begin: (event: object) => void = () => {};
    const map = {
      on: (_: string, then: typeof begin) => {
        begin = then;
      },
      getCenter: () => center,
      getZoom: () => zoom,
      getContainer: () => ({ clientWidth: 800, clientHeight: 600 }),
      jumpTo: (to: { center: [number, number]; zoom: number }) => {
        moves.push(to);
        center = { lng: to.center[0], lat: to.center[1] };
        zoom = to.zoom;
      },
      fitBounds: () => moves.push("fit"),
    };
    const made = new Camera(map as unknown as GlMap);
    return { made, moves, dragged: () => begin({ originalEvent: {} }) };
  }

  test("stands where it is said to, before the whole city is known too", () => {
    const { made, moves } = camera();
    made.stand(null);
    expect(moves).toEqual([]);
    made.stand(SPOT);
    made.home([
      [106, 21],
      [107, 22],
    ]);
    expect(moves).toHaveLength(1);
    expect(made.spot).toEqual(SPOT);
    made.stand(SPOT);
    expect(moves, "it stands there").toHaveLength(1);
    made.stand(null);
    expect(moves.at(-1)).toBe("fit");
    expect(made.spot).toBeNull();
  });

  test("says where somebody has brought it, and not where it stands by itself", () => {
    const { made, dragged } = camera();
    expect(made.spot).toBeNull();
    dragged();
    expect(made.spot).toEqual({ lon: 106.14, lat: 21.26, zoom: 10.5 });
  });
});
