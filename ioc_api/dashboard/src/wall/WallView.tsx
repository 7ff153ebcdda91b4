import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatAge, formatDate, formatNumber, formatTime } from "../format";
import { t } from "../i18n";
import { tally } from "../store/alerts";
import { byServer, now } from "../store/clock";
import { drawing } from "../store/living";
import { liveDomains } from "../store/registry";
import { connection, health } from "../store/system";
import { notePainted, tellDrawn } from "./drawn";
import { isNight, layoutOf, type SceneName, type Settings, type Stale, staleOf, turnOf } from "./plan";
import { SceneAlerts } from "./SceneAlerts";
import { SceneCity } from "./SceneCity";
import { SceneFigures } from "./SceneFigures";
import { SceneMap } from "./SceneMap";

const shape = signal({ wide: innerWidth, high: innerHeight });
/** Domains whose figures are read together. */
const TOGETHER = 3;

/** A picture: a scene, of which there may be several. */
interface Picture {
  scene: SceneName;
  part: number;
}

const VIEWS: Record<SceneName, (props: { part: number }) => JSX.Element> = {
  city: SceneCity,
  map: SceneMap,
  alerts: SceneAlerts,
  figures: ({ part }) => (
    <SceneFigures domains={liveDomains.value.slice(part * TOGETHER, (part + 1) * TOGETHER)} />
  ),
};

/** All pictures of these scenes; figures take as many as there are domains to show. */
function picturesOf(scenes: readonly SceneName[]): Picture[] {
  const figures = Math.max(1, Math.ceil(liveDomains.value.length / TOGETHER));
  return scenes.flatMap((scene) =>
    Array.from({ length: scene === "figures" ? figures : 1 }, (_, part) => ({ scene, part })),
  );
}

/** The wall: what time it is, whether what is shown is of now, and the pictures in their turns. */
export function WallView({ settings }: { settings: Settings }) {
  useEffect(() => {
    const measure = (): void => {
      shape.value = { wide: innerWidth, high: innerHeight };
    };
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  useEffect(() => tellDrawn(drawing), []);
  const at = now.value;
  const layout = settings.layout ?? layoutOf(shape.value.wide, shape.value.high);
  const state = connection.value;
  const stale = staleOf(
    {
      phase: state.phase,
      lostAt: "lostAt" in state && state.lostAt !== null ? byServer(state.lostAt) : null,
      source: health.value?.source ?? null,
      lagS: health.value?.ingest_lag_s ?? null,
    },
    at,
  );
  const night = isNight(at, settings.night);
  return (
    <main
      class="wall"
      data-wall="open"
      data-layout={layout}
      data-stale={stale?.tone ?? "no"}
      data-night={night}
      // A critical alert is not to be slept through.
      data-awake={tally.value.counts.critical > 0}
    >
      <Head />
      <Panes layout={layout} settings={settings} at={at} />
      {stale && <Old stale={stale} at={at} />}
    </main>
  );
}

function Head() {
  const at = now.value;
  return (
    <header class="wall-head">
      <h1>{t("wall.city", { place: t("app.place") })}</h1>
      <p class="wall-clock">
        <span class="wall-date">{formatDate(at)}</span>
        <b class="number">{formatTime(at)}</b>
      </p>
    </header>
  );
}

function Panes({ layout, settings, at }: { layout: string; settings: Settings; at: number }) {
  // Once a second, and only where nothing failed on the way.
  useEffect(() => notePainted());
  const fixed: SceneName[] =
    layout === "grid" ? ["city", "map", "alerts"] : layout === "wide" ? ["alerts"] : [];
  const turning = settings.scenes.filter((scene) => !fixed.includes(scene));
  const pictures = picturesOf(turning.length > 0 ? turning : ["figures"]);
  const turn = turnOf(at, settings.every, pictures.length);
  const shown = pictures[turn] ?? { scene: "city" as const, part: 0 };
  return (
    <div class="wall-panes">
      {fixed.map((scene) => (
        <Pane key={scene} scene={scene} part={0} />
      ))}
      <Pane key="turning" {...shown}>
        {pictures.length > 1 && (
          <ol class="wall-turns" aria-hidden="true">
            {pictures.map((picture, i) => (
              <li key={`${picture.scene}${picture.part}`} data-now={i === turn} />
            ))}
          </ol>
        )}
      </Pane>
    </div>
  );
}

function Pane({ scene, part, children }: Picture & { children?: preact.ComponentChildren }) {
  const View = VIEWS[scene];
  return (
    <section class="wall-pane" data-scene={scene} data-part={part} aria-label={t(`wall.scene_${scene}`)}>
      <View key={scene} part={part} />
      {children}
    </section>
  );
}

/** What is old is said so that nobody can miss it. */
function Old({ stale, at }: { stale: Stale; at: number }) {
  const since = stale.why === "lost" ? stale.since : null;
  return (
    <div class="wall-old" data-tone={stale.tone} role="alert">
      <strong>{t(`wall.${stale.why}`)}</strong>
      {stale.why === "lost" && since !== null && (
        <span>{t("wall.since", { time: formatTime(since), age: formatAge((at - since) / 1000) })}</span>
      )}
      {stale.why === "stopped" && <span>{t("wall.stopped_help")}</span>}
      {stale.why === "slow" && <span>{t("wall.slow_by", { seconds: formatNumber(stale.lagS, 0) })}</span>}
    </div>
  );
}
