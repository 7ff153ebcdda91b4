import "../styles/history.css";
import "../styles/history-range.css";
import "../styles/history-charts.css";
import "../styles/history-narrow.css";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ChartHandle } from "../charts/model";
import { t } from "../i18n";
import { PageView } from "../parts/PageView";
import { now } from "../store/clock";
import { domains } from "../store/registry";
import { connection } from "../store/system";
import { Actions } from "./Actions";
import { put, view, withMetric } from "./asked";
import { Begin } from "./Begin";
import { Charts } from "./Charts";
import { EventList } from "./EventList";
import { Events } from "./events";
import { Explorer } from "./explorer";
import { MetricPick } from "./MetricPick";
import { PlacePick } from "./PlacePick";
import { metricName, panelsOf } from "./panels";
import { LINES, linesOf } from "./questions";
import { CompareBar, RangeBar } from "./RangeBar";
import { SensorPick } from "./SensorPick";
import { Summary } from "./Summary";
import { notesOf, toldOf } from "./told";
import { moves, spanOf } from "./view";
import { placeName, why } from "./words";

/** A span that goes on with the clock is read again as often as it has a new point, but not more often than this. */
const AGAIN_MS = 60_000;
const NARROW = "(max-width: 1080px)";

/** Any sensors, wards and metrics over any span: with days to compare, alerts, files, pictures and a link to it. */
export function HistoryView() {
  const explorer = useMemo(() => new Explorer(), []);
  const events = useMemo(() => new Events(), []);
  const handles = useMemo(() => new Map<string, ChartHandle>(), []);
  const main = useRef<HTMLDivElement>(null);
  const round = useSignal(0);
  const asked = view.value;
  const key = JSON.stringify(asked);
  const span = useMemo(() => spanOf(asked, now.peek()), [key, round.value]);
  const count = linesOf(asked, explorer.facts.value);
  const empty =
    asked.metrics.length === 0 || asked.sensors.length + asked.zones.length + asked.areas.length === 0;

  useEffect(() => {
    if (empty) return;
    // A point for each two pixels or so, in round numbers, so that a moved edge asks for the same.
    const points = Math.min(800, Math.max(200, Math.round((main.current?.clientWidth ?? 800) / 200) * 100));
    explorer.read(asked, span, points);
    events.read(asked, span);
  }, [key, round.value]);
  // A link that names no metric gets the first figure of what it names.
  useEffect(() => {
    if (asked.metrics.length > 0 || asked.sensors.length + asked.zones.length + asked.areas.length === 0)
      return;
    explorer.learn(asked.sensors).then(
      () => {
        const facts = asked.sensors.flatMap((id) => explorer.facts.peek().get(id) ?? []);
        let metrics = facts.reduce(
          (found, fact) => withMetric(found, fact.domain, fact.metrics),
          [] as readonly string[],
        );
        if (asked.zones.length + asked.areas.length > 0) metrics = withMetric(metrics, "traffic");
        if (metrics.length > 0 && JSON.stringify(view.peek()) === key) put({ metrics });
      },
      (cause) => {
        explorer.trouble.value = [why(cause)];
      },
    );
  }, [key, domains.value]);
  useEffect(() => {
    if (!moves(asked)) return;
    const timer = setInterval(
      () => {
        if (!document.hidden) round.value += 1;
      },
      Math.max(AGAIN_MS, (span[1] - span[0]) / 500),
    );
    return () => clearInterval(timer);
  }, [key]);
  // What could not be read for want of a connection is read when there is one again.
  const live = useComputed(() => connection.value.phase === "live").value;
  useEffect(() => {
    if (live && explorer.trouble.peek().length > 0) round.value += 1;
  }, [live]);

  const found = empty ? null : explorer.found.value;
  const sourceName = (source: string): string => {
    const [kind = "", code = ""] = source.split(":");
    if (kind === "sensor") return explorer.facts.value.get(code)?.name ?? code;
    return placeName(kind as "zone" | "area", code);
  };
  const { panels, left } = panelsOf(found?.traces ?? [], { source: sourceName });
  for (const unit of handles.keys()) if (!panels.some((panel) => panel.unit === unit)) handles.delete(unit);
  const told = found === null ? "" : toldOf(found, panels, now.peek());
  const title = asked.metrics.map(metricName).join(", ");
  const troubles = [
    ...(explorer.missing.value.length > 0
      ? [t("history.missing", { names: explorer.missing.value.join(", ") })]
      : []),
    ...explorer.trouble.value,
    ...(count > LINES
      ? [t("history.too_many_lines", { most: LINES, count })]
      : left > 0
        ? [t("history.left", { count: left, most: LINES })]
        : []),
  ];
  return (
    <PageView page="history" title={t("history.title")}>
      <div class="history">
        <details class="card history-choose" open={!matchMedia(NARROW).matches || empty}>
          <summary>{t("history.choose")}</summary>
          <SensorPick explorer={explorer} />
          <MetricPick explorer={explorer} />
          <PlacePick />
        </details>
        <div class="history-main" ref={main}>
          <section class="card card-wide history-when">
            <RangeBar span={span} />
            <CompareBar span={span} />
            <Actions span={span} found={found} charts={handles} title={title} told={told} />
          </section>
          {empty && <Begin />}
          {(!empty || asked.sensors.length > 0) &&
            troubles.map((text) => (
              <p key={text} class="list-trouble" role="alert">
                {text}
              </p>
            ))}
          {!empty && (
            <section
              class="card card-wide history-charts"
              aria-busy={explorer.busy.value}
              data-points={found?.traces.length ?? 0}
            >
              {found === null && explorer.busy.value && <p class="dim">{t("history.reading")}</p>}
              {found !== null && (
                <Charts panels={panels} found={found} alerts={events.alerts.value} handles={handles} />
              )}
              {found !== null && panels.length === 0 && !explorer.busy.value && (
                <p class="dim">{t("chart.none")}</p>
              )}
              {told !== "" && <p class="dim history-told">{told}</p>}
              {found !== null &&
                notesOf(found).map((note) => (
                  <p key={note} class="history-note">
                    {note}
                  </p>
                ))}
            </section>
          )}
          {panels.length > 0 && <Summary panels={panels} />}
          {!empty && asked.alerts && <EventList events={events} />}
        </div>
      </div>
    </PageView>
  );
}
