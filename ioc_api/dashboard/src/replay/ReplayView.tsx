import "../styles/replay.css";
import "../styles/replay-side.css";
import "../styles/replay-bar.css";
import "../styles/replay-narrow.css";
import { effect, untracked, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Alert } from "../api/alerts";
import { headlineMetrics } from "../city/headline";
import { t } from "../i18n";
import { browserWorld } from "../live/world";
import { MapHead } from "../map/MapHead";
import { MapPanel } from "../map/MapPanel";
import { sourceOver } from "../map/source";
import { PageView } from "../parts/PageView";
import { WINDOW } from "../store/aggregates";
import { choicesSaid, takeChoices } from "../store/choices";
import { now } from "../store/clock";
import { Listed } from "../store/lists";
import { may } from "../store/me";
import { domains } from "../store/registry";
import { note, place } from "../store/route";
import { wallToken } from "../store/wall";
import { Choose } from "./Choose";
import { Controls } from "./Controls";
import { Figures } from "./figures";
import { pressed } from "./keys";
import { Machine } from "./machine";
import { PastAlerts } from "./PastAlerts";
import { PastMark, PastTrouble } from "./PastMark";
import { PastSensor } from "./PastSensor";
import { PastTiles } from "./PastTiles";
import { Picked } from "./picked";
import { lastHour, queryOf, type Span, stamp, USUAL_SPEED, type Wanted, wantedIn } from "./spans";
import { TimeBar } from "./TimeBar";

/** How often the address is brought up to date while it plays. */
const NOTED_MS = 3000;
/** Alerts of a span that are marked and listed: the newest. */
const MARKED = 500;

/** A past hour or night on the map, on a clock of its own. */
export function ReplayView() {
  const made = useMemo(open, []);
  const { machine, source, figures, span, picked } = made;
  useEffect(() => made.stop, [made]);
  useSignalEffect(() => made.follow());
  const { from, to, at } = machine.now;
  const shown = machine.shown.value;
  const here = machine.aim.value ?? shown?.at ?? at;
  const whole: Span = { from: shown?.from ?? from, to: shown?.to ?? to };
  const alerts = span.items.value ?? [];
  // An alert is looked at from a minute before it.
  const starts = alerts.map((alert) => Date.parse(alert.started_at) - 60_000).sort((a, b) => a - b);
  const before = starts.findLast((ms) => ms < here - 30_000) ?? null;
  const after = starts.find((ms) => ms > here + 1000) ?? null;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (pressed(event, machine, before, after)) event.preventDefault();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [machine, before, after]);
  return (
    <PageView page="replay" title={t("replay.title")}>
      <Choose
        key={`${whole.from}`}
        span={whole}
        show={(next) => made.show({ ...next, at: next.from, speed: machine.now.speed })}
      />
      <PastMark machine={machine} />
      <PastTrouble machine={machine} />
      <section class="panel past-map" aria-label={t("map.title")} data-loading={shown?.loading ?? true}>
        <MapHead source={source} />
        <div class="map-body">
          <MapPanel source={source} />
          <PastSensor picked={picked} machine={machine} />
        </div>
      </section>
      <div class="past-side panel">
        <PastTiles figures={figures} />
        {may("alerts.read") && (
          <PastAlerts entries={source.entries.value} span={span} jump={(ms) => machine.seek(ms)} />
        )}
      </div>
      <div class="past-bar panel">
        <Controls machine={machine} before={before} after={after} />
        <TimeBar span={whole} at={here} alerts={alerts} seek={(ms) => machine.seek(ms)} />
      </div>
    </PageView>
  );
}

/** All that one visit of the page holds; it ends with it. */
function open() {
  const first = wantedIn(place.peek().query, now.peek()) ?? usual();
  const machine = new Machine(browserWorld("/api/v1/replay"), wallToken, first);
  const picked = new Picked(machine.follow);
  const source = sourceOver(machine.follow, picked);
  const figures = new Figures();
  const span = new Listed<Alert>();
  const metrics = domains.peek().flatMap((domain) => headlineMetrics(domain).map((metric) => metric.name));
  machine.follow("aggregates", { metric: [...new Set(metrics)], window: [WINDOW] }, figures.sink, 2);
  let noted = 0;
  const read = ({ from, to }: Span): void => {
    if (may("alerts.read")) span.read(`alerts?since=${stamp(from)}&until=${stamp(to)}&limit=${MARKED}`);
  };
  const show = (wanted: Wanted): void => {
    machine.show(wanted);
    read(wanted);
    tell(wanted);
  };
  const tell = (wanted: Wanted): void => note("replay", "", { ...queryOf(wanted), ...choicesSaid() });
  const heed = effect(() => {
    const { page, query } = place.value;
    if (page === "replay") untracked(() => takeChoices(query));
  });
  machine.start();
  read(first);
  return {
    machine,
    source,
    figures,
    span,
    picked,
    show,
    /** Keep the address true to what is shown, and what is shown to an address that somebody has opened. */
    follow: (): void => {
      // Whoever has left is not brought back.
      if (place.value.page !== "replay") return;
      const asked = wantedIn(place.value.query, now.peek());
      const shown = machine.shown.value;
      const mine = machine.now;
      choicesSaid();
      if (asked && (stamp(asked.from) !== stamp(mine.from) || stamp(asked.to) !== stamp(mine.to))) {
        show(asked);
        return;
      }
      if (!shown || (shown.playing && Date.now() - noted < NOTED_MS)) return;
      noted = Date.now();
      tell(mine);
    },
    stop: (): void => {
      heed();
      picked.pick(null);
      source.stop();
      machine.stop();
    },
  };
}

function usual(): Wanted {
  const span = lastHour(now.peek());
  return { ...span, at: span.from, speed: USUAL_SPEED };
}
