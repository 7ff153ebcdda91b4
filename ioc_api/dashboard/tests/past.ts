import "./setup";
import type { Domain, Zone } from "../src/api/types";

const { domains, zones } = await import("../src/store/registry");

export const at = (text: string): number => Date.parse(`${text}+07:00`);
export const NOW = at("2026-11-23T15:30");
export const DAY = 86_400_000;
const fact = (sensor_id: string, domain: string, metrics: string[], interval_s = 10) => ({
  sensor_id,
  name: `Cảm biến ${sensor_id}`,
  domain,
  metrics,
  interval_s,
});
export const FACTS = new Map(
  [
    fact("A", "traffic", ["speed", "flow"]),
    fact("B", "traffic", ["speed"], 60),
    fact("E", "environment", ["pm2_5"], 30),
  ].map((one) => [one.sensor_id, one]),
);
const metric = (name: string, unit: string, kind = "gauge") => ({
  name,
  unit,
  kind,
  low: 0,
  high: 1000,
  aggregate: "mean",
  vi: name,
  en: name,
});

/** What the tests of history measure: two sensors of traffic, one of the air, one ward. */
export function registry(): void {
  domains.value = [
    {
      code: "traffic",
      vi: "giao thông",
      en: "traffic",
      interval_s: 10,
      metrics: [metric("speed", "km/h"), metric("flow", "veh/h")],
    },
    {
      code: "environment",
      vi: "môi trường",
      en: "environment",
      interval_s: 30,
      metrics: [metric("pm2_5", "µg/m³")],
    },
    {
      code: "lighting",
      vi: "chiếu sáng",
      en: "lighting",
      interval_s: 60,
      metrics: [metric("lamp_on", "1", "state")],
    },
  ] as Domain[];
  zones.value = [
    { code: "07210", area: "bac_giang", vi: "Phường Bắc Giang", en: "Bắc Giang ward" },
  ] as Zone[];
}
