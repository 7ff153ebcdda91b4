import { ENOUGH } from "../city/headline";
import { formatNumber } from "../format";
import { language } from "../store/prefs";
import { liveZones } from "../store/registry";
import { shownDomain, shownShading } from "../store/selection";
import type { Scene } from "./scene";
import { shadesOf } from "./shading";
import type { MapSource } from "./source";

/** Names of the zones, with how many sensors are well there, or with the figure that the zone is shaded by. */
export function writeLabels(scene: Scene, source: MapSource): void {
  const shades = shadesOf(shownShading.value, liveZones.value, source.indices, formatNumber);
  const domain = shownDomain.value;
  for (const zone of liveZones.value) {
    const {
      online,
      offline,
      sensors: all,
    } = source.counts.of({ zone: zone.code, ...(domain && { domain }) });
    const tone =
      all === 0 ? "none" : online >= all * ENOUGH ? "ok" : offline >= all * (1 - ENOUGH) ? "off" : "late";
    const name = zone[language.value].replace(/^(Phường|Xã) /, "").replace(/ (ward|commune)$/i, "");
    const state =
      shades.get(zone.code)?.text ?? (all === 0 ? "–" : `${formatNumber(online)}/${formatNumber(all)}`);
    scene.labels.write(zone.code, name, state, shades.size > 0 ? "shade" : tone);
  }
}
