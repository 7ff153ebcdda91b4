import { word } from "../alerts/words";
import type { Service, System } from "../api/quality";
import type { Condition } from "../api/types";
import { formatAge, formatNumber } from "../format";
import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { when } from "../parts/moment";
import { useReading } from "./reading";
import { Standing } from "./Standing";

const EVERY_MS = 5_000;
/** Facts that people read, and how. */
const FACTS: Readonly<Record<string, "count" | "age" | "moment" | "seconds">> = {
  heard: "moment",
  up_s: "age",
  canary_age_s: "seconds",
  queued: "count",
  messages: "count",
  decoded: "count",
  stored: "count",
  duplicate: "count",
  quarantined: "count",
  qos0_dropped: "count",
  broker_dropped: "count",
  behind_s: "age",
  due: "count",
  round_s: "seconds",
  dropped_chunks: "count",
  rules: "count",
  gaps: "count",
  stumbled: "count",
};

function markOf(state: string): Condition {
  return state === "ok" ? "online" : state === "down" || state === "stopped" ? "offline" : "late";
}

/** How the services are: each with its state in words, why it is not well, and the figures that say how it works. */
export function ServicesTab() {
  const found = useReading<System>("system", EVERY_MS);
  const system = found.value.value;
  return (
    <div class="services-tab">
      <Standing of={found} />
      {system !== null && (
        <>
          <p class="services-head" data-source={system.source}>
            <Mark of={markOf(system.source)} />{" "}
            {t("services.head", {
              state: word(`services.state_${system.source}`, system.source),
              lag: formatNumber(system.ingest_lag_s, 1),
            })}
          </p>
          <div class="cards">
            {system.items.map((service) => (
              <Card key={service.key} service={service} />
            ))}
          </div>
        </>
      )}
    </div>
  );
}

function Card({ service }: { service: Service }) {
  const [kind = "", name] = service.key.split("/");
  const state = service.state;
  const why = [service.reason, ...(Array.isArray(service.reasons) ? service.reasons : [])]
    .concat(service.broker_reason, service.database_reason)
    .filter((text): text is string => typeof text === "string" && text !== "");
  return (
    <section class="card service" data-service={service.key} data-state={state}>
      <h2>
        {word(`services.${kind}`, kind)} {name !== undefined && <code class="dim">{name}</code>}
      </h2>
      <p class="service-state">
        <Mark of={markOf(state)} /> {word(`services.state_${state}`, state)}
      </p>
      {why.map((text) => (
        <p key={text} class="warn">
          {text}
        </p>
      ))}
      <dl class="pairs">
        {Object.entries(FACTS)
          .filter(([fact]) => service[fact] !== undefined && service[fact] !== null)
          .map(([fact, how]) => (
            <div key={fact}>
              <dt>{word(`services.fact_${fact}`, fact)}</dt>
              <dd class="number">{said(service[fact], how)}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

function said(value: unknown, how: "count" | "age" | "moment" | "seconds"): string {
  if (how === "moment") return when(String(value));
  if (typeof value !== "number") return String(value);
  if (how === "age") return formatAge(value);
  return how === "seconds" ? `${formatNumber(value, 1)} ${t("services.s")}` : formatNumber(value);
}
