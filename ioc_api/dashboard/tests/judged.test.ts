import "./setup";
import { beforeEach, describe, expect, test } from "vitest";
import type { HealthFacts } from "../src/live/protocol";
import { supply } from "../src/store/alerts";
import { instead, judged, unjudged, written } from "../src/store/judged";
import { health } from "../src/store/system";

const told = (alerts?: HealthFacts["alerts"]): void => {
  health.value = { ingest_lag_s: 0, source: "ok", ...(alerts !== undefined && { alerts }) } as HealthFacts;
};

describe("whether alerts are judged", () => {
  beforeEach(() => {
    supply.value = "there";
    told("ok");
  });

  test("an engine that runs, and a list: then none means none", () => {
    for (const state of ["ok", "degraded"] as const) {
      told(state);
      expect([judged.value, instead.value, unjudged.value]).toEqual([true, "alerts.none", null]);
      expect([written(0), written(3)]).toEqual(["0", "3"]);
    }
  });

  test("an engine that is down, or of which nobody has heard: none means nothing", () => {
    told("down");
    expect([judged.value, instead.value, unjudged.value]).toEqual([false, "alerts.unknown", "alerts.down"]);
    for (const silent of [() => told(null), () => told(), () => (health.value = null)]) {
      silent();
      expect([judged.value, instead.value, unjudged.value]).toEqual([
        false,
        "alerts.unknown",
        "alerts.unjudged",
      ]);
      expect([written(0), written(3)]).toEqual(["–", "3"]);
    }
  });

  test("without a list nothing is counted, and why is said", () => {
    for (const state of ["waiting", "refused", "forbidden"] as const) {
      supply.value = state;
      expect([judged.value, instead.value, unjudged.value]).toEqual([false, `alerts.${state}`, null]);
      expect([written(0), written(3)]).toEqual(["–", "–"]);
    }
  });
});
