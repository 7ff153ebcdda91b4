import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../i18n";
import { ground } from "../store/ground";
import { shownSpot } from "../store/selection";
import { Choices } from "./Choices";
import { keep, Model, pickZone, press } from "./keep";
import { Legend } from "./Legend";
import type { Scene } from "./scene";
import type { MapSource } from "./source";
import { Tip } from "./Tip";
import { Tools } from "./Tools";

type State = "loading" | "ready" | "no_webgl" | "failed";

function hasWebGl(): boolean {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2"));
}

/**
 * The map of the city, of the living one or of another `source`. The drawing library is loaded when it is needed, and its
 * absence is said.
 */
export function MapPanel({ source }: { source: MapSource }) {
  const box = useRef<HTMLDivElement>(null);
  const scene = useRef<Scene | null>(null);
  const state = useSignal<State>("loading");
  const model = useMemo(() => new Model(source), [source]);

  useEffect(() => {
    let gone = false;
    let release = (): void => {};
    if (!hasWebGl()) {
      state.value = "no_webgl";
      return;
    }
    const failed = (): void => {
      state.value = "failed";
    };
    Promise.all([import("./scene"), ground()])
      .then(([{ Scene }, under]) => {
        if (gone || !box.current) return;
        const made: Scene = new Scene(
          box.current,
          {
            sight: (key) => press(made, model, key),
            zone: pickZone,
            hover: (key, x, y) => {
              const sight = key === null ? undefined : model.sights.items.peek().get(key);
              model.tip.value = sight ? { sight, x, y } : null;
            },
            moved: (seen) => {
              model.seen.value = seen;
              shownSpot.value = made.camera.spot;
            },
            failed,
            restored: () => {
              state.value = "ready";
            },
            plain: () => {
              model.plain.value = true;
            },
          },
          under,
        );
        scene.current = made;
        state.value = "ready";
        release = keep(made, model, box.current);
      })
      .catch((cause) => {
        console.warn(cause);
        failed();
      });
    return () => {
      gone = true;
      release();
      model.sights.stop();
      scene.current?.remove();
      scene.current = null;
    };
  }, [model]);

  const drawn = state.value === "loading" || state.value === "ready";
  const refused = model.sights.state.value === "refused";
  const note = refused ? t("map.refused") : model.plain.value ? t("map.plain") : null;
  const shown = [...model.sights.items.value.values()];
  return (
    <div
      class="map"
      data-map={state.value}
      data-sights={shown.length}
      data-clusters={shown.filter((one) => one.kind === "cluster").length}
      data-coloured={model.sights.metric.value ?? ""}
    >
      <div class="map-canvas" ref={box} />
      {drawn ? (
        <>
          <Tools camera={() => scene.current?.camera ?? null} />
          <Choices />
        </>
      ) : (
        <p class="map-absent" role="status">
          <strong>{t(state.value === "no_webgl" ? "map.no_webgl" : "map.failed")}</strong>
          <span>{t("map.absent_hint")}</span>
        </p>
      )}
      {drawn && note && (
        <p class="map-note" role="status">
          {note}
        </p>
      )}
      <Tip at={model.tip} metric={model.sights.metric} />
      <Legend source={source} metric={model.sights.metric.value} scale={model.scale} />
    </div>
  );
}
