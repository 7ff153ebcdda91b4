import type { Severity } from "../api/alerts";
import type { HealthFacts } from "../live/protocol";
import type { Tally } from "../store/counts";
import { ENOUGH } from "./headline";

/** What the verdict on the city is made from. */
export interface Standing {
  live: boolean;
  source: HealthFacts["source"] | null;
  /** whether there is a list of alerts, and somebody who judges */
  judged: boolean;
  /** open alerts; null: not for this person to see */
  alerts: Readonly<Record<Severity, number>> | null;
  sensors: Tally;
}

interface Verdict {
  tone: "ok" | "late" | "off" | "unknown";
  text:
    | "verdict.old"
    | "verdict.stopped"
    | "verdict.critical"
    | "verdict.major"
    | "verdict.silent"
    | "verdict.unjudged"
    | "verdict.empty"
    | "verdict.watch"
    | "verdict.sensors"
    | "verdict.well";
  values: Readonly<Record<string, number>>;
}

/** In one word how the city is: what is worst first. Nobody is told that it is well who cannot know that. */
export function verdictOf({ live, source, judged, alerts, sensors }: Standing): Verdict {
  const { critical = 0, major = 0, warning = 0 } = alerts ?? {};
  const due = sensors.sensors - sensors.maintenance;
  const say = (tone: Verdict["tone"], text: Verdict["text"], values = {}): Verdict => ({
    tone,
    text,
    values,
  });
  if (!live) return say("unknown", "verdict.old");
  if (critical > 0) return say("off", "verdict.critical", { critical });
  if (source === "stopped") return say("unknown", "verdict.stopped");
  if (major > 0) return say("late", "verdict.major", { major });
  if (due <= 0) return say("unknown", "verdict.empty");
  if (sensors.online < due * ENOUGH) return say("late", "verdict.silent", { silent: due - sensors.online });
  if (alerts !== null && !judged) return say("unknown", "verdict.unjudged");
  if (warning > 0) return say("ok", "verdict.watch", { warning });
  // Who sees no alerts knows of the sensors alone.
  return say("ok", alerts === null ? "verdict.sensors" : "verdict.well");
}
