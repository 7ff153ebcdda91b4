import { computed, effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { placeOf } from "../alerts/words";
import { LIVENESS } from "../api/types";
import { ENOUGH } from "../city/headline";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { entries } from "../store/alerts";
import { countOf, livenessTick, takeChanged } from "../store/liveness";
import { language, theme } from "../store/prefs";
import { liveZones, sensors } from "../store/registry";
import { linkTo } from "../store/route";
import { selectedSensor, selectedZone, shownDomain } from "../store/selection";
import { type AlertPlace, parentsOf, placesOf } from "./places";
import type { Scene } from "./scene";

type State = "loading" | "ready" | "no_webgl" | "failed";

function hasWebGl(): boolean {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2"));
}

/** The map of the city. The drawing library is loaded when it is needed, and its absence is said. */
export function MapPanel() {
  const box = useRef<HTMLDivElement>(null);
  const scene = useRef<Scene | null>(null);
  const state = useSignal<State>("loading");

  useEffect(() => {
    let gone = false;
    let release = (): void => {};
    if (!hasWebGl()) {
      state.value = "no_webgl";
      return;
    }
    import("./scene")
      .then(({ Scene }) => {
        if (gone || !box.current) return;
        const made = new Scene(box.current, {
          sensor: (id) => {
            selectedSensor.value = id;
          },
          zone: pickZone,
          failed: () => {
            state.value = "failed";
          },
        });
        scene.current = made;
        state.value = "ready";
        release = follow(made, box.current);
      })
      .catch((cause) => {
        console.warn(cause);
        state.value = "failed";
      });
    return () => {
      gone = true;
      release();
      scene.current?.remove();
      scene.current = null;
    };
  }, []);

  const drawn = state.value === "loading" || state.value === "ready";
  return (
    <div class="map" data-map={state.value}>
      <div class="map-canvas" ref={box} />
      {drawn ? (
        <div class="map-tools">
          <button
            type="button"
            title={t("map.zoom_in")}
            aria-label={t("map.zoom_in")}
            onClick={() => scene.current?.zoomBy(1)}
          >
            +
          </button>
          <button
            type="button"
            title={t("map.zoom_out")}
            aria-label={t("map.zoom_out")}
            onClick={() => scene.current?.zoomBy(-1)}
          >
            −
          </button>
          <button
            type="button"
            title={t("map.fit")}
            aria-label={t("map.fit")}
            onClick={() => scene.current?.fit()}
          >
            ⤢
          </button>
        </div>
      ) : (
        <p class="map-absent" role="status">
          <strong>{t(state.value === "no_webgl" ? "map.no_webgl" : "map.failed")}</strong>
          <span>{t("map.absent_hint")}</span>
        </p>
      )}
      <div class="map-foot">
        <ul class="legend">
          {LIVENESS.map((name) => (
            <li key={name}>
              <Mark of={name} />
              {t(`liveness.${name}`)}
            </li>
          ))}
        </ul>
        <p>{t("map.schematic")}</p>
      </div>
    </div>
  );
}

const parents = computed(() => parentsOf(sensors.value));

/** What a mark is: how grave, what, where, and how many more there are. */
function tellAlarm({ alert, count }: AlertPlace): string {
  const what = `${t(`severity.${alert.severity}`)}: ${nameOf(alert)}`;
  const more = count > 1 ? t("map.more_alerts", { count: count - 1 }) : null;
  return [what, ...placeOf(alert), t(`standing.${alert.state}`), more].filter(Boolean).join(" · ");
}

function pickZone(code: string): void {
  selectedZone.value = selectedZone.peek() === code ? null : code;
}

/** Keep the drawing true to the stores; answers how to stop. */
function follow(scene: Scene, box: HTMLElement): () => void {
  const stops = [
    effect(() => {
      const list = liveZones.value;
      scene.setZones(list, pickZone).then(() => writeLabels(scene));
    }),
    effect(() => {
      livenessTick.value;
      language.value;
      writeLabels(scene);
    }),
    effect(() => {
      const domain = shownDomain.value;
      const shown = [...sensors.value.values()].filter((s) => domain === "" || s.domain === domain);
      takeChanged();
      scene.setSensors(shown);
    }),
    effect(() => {
      livenessTick.value;
      const ids = takeChanged();
      const domain = shownDomain.peek();
      const known = sensors.peek();
      const all = ids ?? known.keys();
      scene.updateSensors(
        [...all].filter((id) => {
          const sensor = known.get(id);
          return (
            sensor !== undefined &&
            sensor.lat !== null &&
            sensor.lon !== null &&
            (domain === "" || sensor.domain === domain)
          );
        }),
      );
    }),
    effect(() => {
      const domain = shownDomain.value;
      const shown = entries.value.filter(({ alert: { domain: own } }) => !domain || !own || own === domain);
      language.value;
      scene.alarms.show(placesOf(shown, sensors.value, liveZones.value, parents.value), tellAlarm, linkTo);
    }),
    effect(() => {
      const id = selectedSensor.value;
      scene.choose(id === null ? null : (sensors.value.get(id) ?? null), selectedZone.value);
    }),
    effect(() => {
      theme.value;
      // After the document has taken the theme: the colours are read from it.
      queueMicrotask(() => scene.repaint());
    }),
  ];
  const watcher = new ResizeObserver(() => scene.resize());
  watcher.observe(box);
  return () => {
    watcher.disconnect();
    for (const stop of stops) stop();
  };
}

function writeLabels(scene: Scene): void {
  for (const zone of liveZones.peek()) {
    const count = countOf(`zone:${zone.code}`);
    const all = count.online + count.late + count.offline + count.never_seen;
    const tone =
      all === 0
        ? "none"
        : count.online >= all * ENOUGH
          ? "ok"
          : count.offline >= all * (1 - ENOUGH)
            ? "off"
            : "late";
    const name = zone[language.peek()].replace(/^(Phường|Xã) /, "").replace(/ (ward|commune)$/i, "");
    scene.labels.write(zone.code, name, all === 0 ? "–" : `${count.online}/${all}`, tone);
  }
}
