import "../styles/boards.css";
import "../styles/board_figures.css";
import "../styles/board_lists.css";
import "../styles/board_air.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ApiError, get } from "../api/http";
import type { Domain, Sensor } from "../api/types";
import { half, nameOf, t } from "../i18n";
import { PageView } from "../parts/PageView";
import { may } from "../store/me";
import { areas, domains, liveZones } from "../store/registry";
import { place } from "../store/route";
import { Air } from "./Air";
import { useRules } from "./asked";
import { chartsOf, chartsOfSensor, inOrder } from "./boards";
import type { BoardProps } from "./ChartPanel";
import { Chooser } from "./Chooser";
import { type Choice, choiceOf, linkOf, type Subject, subjectsOf } from "./choice";
import { Electricity } from "./Electricity";
import { Feed } from "./feed";
import { Lighting } from "./Lighting";
import { Plain } from "./Plain";
import { usePresent } from "./present";
import { Traffic } from "./Traffic";
import { Water } from "./Water";

const BOARDS: Readonly<Record<string, (board: BoardProps) => JSX.Element>> = {
  traffic: Traffic,
  environment: Air,
  lighting: Lighting,
  electricity: Electricity,
  water: Water,
};

/** A domain at a time: what is measured, over time and against its thresholds, and who stands out. */
export function BoardsView() {
  const all = inOrder(domains.value);
  const present = usePresent(all.map((one) => one.code)).value;
  const choice = choiceOf(place.value, areas.value, liveZones.value);
  const chosen =
    all.find((one) => one.code === choice.domain) ?? all.find((one) => present?.has(one.code)) ?? all[0];
  if (!chosen)
    return (
      <PageView page="boards" title={t("boards.title")}>
        <p class="card">{t("boards.no_domains")}</p>
      </PageView>
    );
  const here = { ...choice, domain: chosen.code };
  // A domain that knows nothing of a sensor does not keep it.
  const links = all.filter((one) => present === null || present.has(one.code) || one.code === chosen.code);
  return (
    <PageView page="boards" title={t("boards.title")}>
      <nav class="board-tabs" aria-label={t("boards.domains")}>
        {links.map((one) => (
          <a
            key={one.code}
            href={linkOf(here, { domain: one.code, sensor: null })}
            aria-current={one.code === chosen.code ? "page" : undefined}
          >
            {nameOf(one)}
          </a>
        ))}
      </nav>
      <Chooser choice={here} />
      {present !== null && !present.has(chosen.code) ? (
        <Empty domain={chosen} />
      ) : (
        <One key={chosen.code} domain={chosen} choice={here} />
      )}
    </PageView>
  );
}

/** What is typed on the server, in no language. */
const COMMANDS = {
  import: "ioc sensors import sensors.csv",
  simulate: "ioc sim run --register --sensors 20 --domain",
};

/** A domain without sensors says how it gets some. */
function Empty({ domain }: { domain: Domain }) {
  return (
    <section class="card" data-panel="empty">
      <h2>{t("boards.empty", { domain: nameOf(domain) })}</h2>
      <p>{t("boards.empty_help")}</p>
      <p>
        <code>{COMMANDS.import}</code>
      </p>
      <p>
        <code>{`${COMMANDS.simulate} ${domain.code}`}</code>
      </p>
      {may("sensors.write") && (
        <p>
          <a class="act" href="#/sensors">
            {t("boards.to_sensors")}
          </a>
        </p>
      )}
    </section>
  );
}

function One({ domain, choice }: { domain: Domain; choice: Choice }) {
  const feed = useMemo(() => new Feed(), []);
  const rules = useRules();
  const { sensor, trouble } = useSensor(choice.sensor);
  const subjects: Subject[] =
    choice.sensor !== null
      ? sensor === null
        ? []
        : [
            {
              key: sensor.sensor_id,
              area: sensor.area,
              zone: sensor.zone,
              sensor: sensor.sensor_id,
              vi: sensor.name || sensor.sensor_id,
              en: sensor.name || sensor.sensor_id,
            },
          ]
      : subjectsOf(choice, areas.value, liveZones.value, feed.narrow.value);
  const charts = sensor === null ? chartsOf(domain) : chartsOfSensor(domain, sensor.metrics);
  const keys = subjects.map((one) => one.key).join();
  useEffect(() => {
    if (subjects.length === 0) return;
    return feed.show({ domain: domain.code, subjects, charts, range: choice.range });
  }, [domain.code, keys, choice.range]);
  const View = BOARDS[domain.code] ?? Plain;
  return (
    <>
      {trouble !== null && (
        <p class="list-trouble" role="alert">
          {trouble === "" ? t("list.unreachable") : half(trouble)}{" "}
          <a href={linkOf(choice, { sensor: null })}>{t("boards.without_sensor")}</a>
        </p>
      )}
      {sensor !== null && (
        <p class="board-chosen" data-sensor={sensor.sensor_id}>
          <strong>{sensor.name || sensor.sensor_id}</strong> <span class="dim">{sensor.sensor_id}</span>{" "}
          <a href={`#/sensors/${sensor.sensor_id}`}>{t("boards.to_sensor")}</a>{" "}
          <a class="act" href={linkOf(choice, { sensor: null })}>
            × {t("boards.without_sensor")}
          </a>
        </p>
      )}
      <View
        domain={domain}
        choice={choice}
        subjects={subjects}
        charts={charts}
        site={sensor?.site ?? ""}
        feed={feed}
        rules={rules}
      />
    </>
  );
}

/** The sensor whose lines are wanted, as the server describes it. */
function useSensor(id: string | null): { sensor: Sensor | null; trouble: string | null } {
  const found = useSignal<{ sensor: Sensor | null; trouble: string | null }>({ sensor: null, trouble: null });
  useEffect(() => {
    found.value = { sensor: null, trouble: null };
    if (id === null) return;
    let over = false;
    get<Sensor>(`sensors/${encodeURIComponent(id)}`)
      .then((sensor) => {
        if (!over) found.value = { sensor, trouble: null };
      })
      .catch((cause: unknown) => {
        const detail = cause instanceof ApiError && cause.status === 404 ? t("boards.no_sensor", { id }) : "";
        if (!over) found.value = { sensor: null, trouble: detail };
      });
    return () => {
      over = true;
    };
  }, [id]);
  return found.value;
}
