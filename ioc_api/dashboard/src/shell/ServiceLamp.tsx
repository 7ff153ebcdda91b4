import type { Liveness } from "../api/types";
import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { engine } from "../store/judged";
import { connection, parts } from "../store/system";

type Standing = "running" | "troubled" | "down";

const MARKS: Readonly<Record<Standing, Liveness>> = { running: "online", troubled: "late", down: "offline" };

/** Of an engine that nobody knows of, nothing can be expected. */
const JUDGES = { ok: "running", degraded: "troubled", down: "down" } as const;

/** What the services say of themselves; nothing while nobody tells. */
export function ServiceLamp() {
  if (connection.value.phase !== "live" || parts.value.size === 0) return null;
  const collectors = [...parts.value].filter(([key]) => key.startsWith("collector/"));
  const well = collectors.filter(([, part]) => part.state === "ok").length;
  const services: [string, Standing, string][] = [
    [t("service.database"), stateOf("database"), ""],
    [t("service.broker"), stateOf("broker"), ""],
    [
      t("service.collectors"),
      well === 0 ? "down" : well < collectors.length ? "troubled" : "running",
      collectors.length > 1 ? ` ${well}/${collectors.length}` : "",
    ],
    [t("service.alerts"), JUDGES[engine.value ?? "down"], ""],
  ];
  return (
    <div class="lamp lamp-services" data-lamp="services">
      <small>{t("status.services")}</small>
      <span class="lamp-value">
        {services.map(([name, state, count]) => (
          <span key={name} class="tally tally-service" data-standing={state} title={t(`service.${state}`)}>
            <Mark of={MARKS[state]} />
            <span class="tally-word">
              {name}
              {count}
            </span>
          </span>
        ))}
      </span>
    </div>
  );
}

function stateOf(key: string): Standing {
  const state = parts.value.get(key)?.state;
  return state === "ok" ? "running" : state === "down" ? "down" : "troubled";
}
