import { computed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { CONDITIONS, type Condition } from "../api/types";
import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { placesOf } from "../map/places";
import { shadesOf } from "../map/shading";
import { Mark } from "../marks/Mark";
import { SEVERITY_SHAPES } from "../marks/severities";
import { SHAPES } from "../marks/shapes";
import { alerts, arrange, supply } from "../store/alerts";
import { counts } from "../store/counts";
import { boundaries, ground } from "../store/ground";
import { indices } from "../store/indices";
import { instead, judged } from "../store/judged";
import { follow } from "../store/living";
import { liveZones } from "../store/registry";
import { sheetOf } from "./ground";
import { NOTHING, type Seen, type Sight, sightsSink } from "./sights";

const sheet = computed(() => sheetOf(liveZones.value, boundaries.value));
/** Cells of the server's grid are made larger than on a desk: about so many of them lie across a wall. */
const ACROSS = 26;
const SHARE = 0.2;

/** How a cluster is as a whole: silent where a fifth of it is. */
function stateOf(sight: Sight): Condition {
  if (sight.kind === "sensor")
    return sight.status === "maintenance" ? "maintenance" : (sight.liveness ?? "never_seen");
  const { count = 1, offline = 0, late = 0, never_seen = 0 } = sight;
  if (offline > count * SHARE) return "offline";
  if (never_seen > count / 2) return "never_seen";
  return offline + late > count * SHARE ? "late" : "online";
}

/** The city as a sheet: wards shaded by their air, sensors as they are, and where alerts are. */
export function SceneMap() {
  const paper = sheet.value;
  const seen = useSignal<Seen>(NOTHING);
  useEffect(() => {
    ground();
  }, []);
  const box = paper?.box;
  useEffect(() => {
    if (!box) return;
    const zoom = Math.log2((ACROSS * 56 * 360) / ((box.east - box.west) * 512));
    return follow("map", {}, sightsSink(seen), 0.5, { ...box, zoom, metric: null });
  }, [box]);
  if (!paper) return <p class="wall-none">{t("empty.sensors")}</p>;
  const shades = shadesOf("vn_aqi_hourly", liveZones.value, indices, formatNumber);
  const tally = counts.of();
  const open = supply.value === "there" ? arrange(alerts.value.values(), "severity") : [];
  const places = placesOf(open, liveZones.value);
  return (
    <div class="wall-sheet">
      <svg
        class="wall-map"
        viewBox={`0 0 ${paper.wide} ${paper.high.toFixed(0)}`}
        role="img"
        aria-label={t("wall.scene_map")}
      >
        {paper.zones.map(({ zone, path }) => {
          const colour = shades.get(zone.code)?.colour ?? null;
          return (
            <path
              key={zone.code}
              class="wall-zone"
              d={path}
              data-zone={zone.code}
              {...(colour && { style: { fill: colour, fillOpacity: 0.28 } })}
            />
          );
        })}
        {[...seen.value.items.values()].map((sight) => (
          <Dot key={sight.key} sight={sight} x={paper.x(sight.lon)} y={paper.y(sight.lat)} />
        ))}
        {paper.zones.map(({ zone, x, y }) => (
          <text key={zone.code} class="wall-zone-name" x={x} y={y}>
            {nameOf(zone)
              .replace(/^(Phường|Xã) /, "")
              .replace(/ (ward|commune)$/i, "")}
            {shades.get(zone.code)?.colour && (
              <tspan class="wall-zone-figure" x={x} dy="1.15em">
                {t("wall.air", { value: shades.get(zone.code)?.text ?? "" })}
              </tspan>
            )}
          </text>
        ))}
        {places.map(({ key, lon, lat, alert, unseen, count }) => {
          const shape = SEVERITY_SHAPES[alert.severity] ?? SEVERITY_SHAPES.info;
          return (
            <g
              key={key}
              class={`wall-alarm severity severity-${alert.severity}`}
              data-filled={shape.filled}
              data-unseen={unseen}
              data-count={count}
              transform={`translate(${paper.x(lon).toFixed(1)} ${paper.y(lat).toFixed(1)}) scale(2.2) translate(-8 -8)`}
            >
              <path d={shape.body} class="severity-body" />
              <path d={shape.inner} class="severity-inner" />
            </g>
          );
        })}
      </svg>
      <ul class="wall-legend" data-sights={seen.value.state}>
        {seen.value.state === "refused" && <li class="wall-lacks">{t("map.refused")}</li>}
        {!judged.value && <li class="wall-lacks">{t(instead.value)}</li>}
        {CONDITIONS.filter((state) => state === "online" || tally[state] > 0).map((state) => (
          <li key={state} class="wall-state">
            <Mark of={state} /> <b class="wall-state-count number">{formatNumber(tally[state])}</b>{" "}
            {t(`liveness.${state}`)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Dot({ sight, x, y }: { sight: Sight; x: number; y: number }) {
  const state = stateOf(sight);
  const shape = SHAPES[state];
  const size = 0.85 + 0.25 * Math.min(4, Math.log10(sight.count ?? 1));
  return (
    <path
      class={`wall-dot mark-${state}`}
      data-filled={shape.filled}
      d={shape.path}
      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size.toFixed(2)}) translate(-8 -8)`}
    />
  );
}
