import { t } from "../i18n";
import type { Camera } from "./camera";

/** Nearer, further, and the whole city. */
export function Tools({ camera }: { camera: () => Camera | null }) {
  return (
    <div class="map-tools">
      <button
        type="button"
        title={t("map.zoom_in")}
        aria-label={t("map.zoom_in")}
        onClick={() => camera()?.zoomBy(1)}
      >
        +
      </button>
      <button
        type="button"
        title={t("map.zoom_out")}
        aria-label={t("map.zoom_out")}
        onClick={() => camera()?.zoomBy(-1)}
      >
        −
      </button>
      <button type="button" title={t("map.fit")} aria-label={t("map.fit")} onClick={() => camera()?.fit()}>
        ⤢
      </button>
    </div>
  );
}
