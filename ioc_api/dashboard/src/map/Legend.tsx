import type { ReadonlySignal } from "@preact/signals";
import { CONDITIONS } from "../api/types";
import { mannerOf } from "../city/headline";
import { labelOf } from "../city/Tile";
import { formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { Mark } from "../marks/Mark";
import { boundaries } from "../store/ground";
import { liveZones, metricsOf } from "../store/registry";
import { shownShading } from "../store/selection";
import { RAMP, type Scale } from "./ramp";
import { legendOf } from "./shading";
import type { MapSource } from "./source";

interface Props {
  source: MapSource;
  metric: string | null;
  scale: ReadonlySignal<Scale | null>;
}

/** What the colours on the map mean, and how exact its zones are. */
export function Legend({ source, metric, scale }: Props) {
  const { maintenance } = source.counts.of();
  const exact = boundaries.value.size > 0;
  return (
    <div class="map-foot">
      <ZoneColours source={source} />
      {metric !== null && scale.value !== null && <Ramp name={metric} scale={scale.value} />}
      <ul class="legend">
        {CONDITIONS.filter((name) => name !== "maintenance" || maintenance > 0).map((name) => (
          <li key={name}>
            <Mark of={name} />
            {t(`liveness.${name}`)}
          </li>
        ))}
      </ul>
      {!exact && <p>{t("map.schematic")}</p>}
    </div>
  );
}

function ZoneColours({ source }: { source: MapSource }) {
  const shading = shownShading.value;
  if (shading === "none") return null;
  const found = legendOf(shading, liveZones.value, source.indices);
  return (
    <ul class="legend shade-legend" data-shading={shading}>
      <li class="legend-name">{t(`shade.${shading}`)}</li>
      {found.map(({ colour, level, name, count }) => (
        <li key={`${colour}${level}`}>
          <i class="swatch" data-colour={colour ?? ""} style={colour ? { background: colour } : {}} />
          {[level, name && nameOf(name)].filter(Boolean).join(" ") || t("shade.unknown")}
          {count > 0 && <span class="number dim">({count})</span>}
        </li>
      ))}
    </ul>
  );
}

/** The ramp, with what its ends stand for. */
function Ramp({ name, scale: [low, high] }: { name: string; scale: Scale }) {
  const metric = metricsOf.value.get(name);
  if (!metric) return null;
  const { factor, unit, digits } = mannerOf(metric);
  const few = (high - low) * factor >= 20 ? 0 : digits;
  const write = (value: number): string => formatNumber(value * factor, few);
  return (
    <div
      class="ramp"
      data-ramp={name}
      role="img"
      aria-label={`${labelOf(metric)}: ${write(low)}–${write(high)} ${unitOf(unit)}`}
    >
      <span class="ramp-name">
        {labelOf(metric)} <span class="dim">{unitOf(unit)}</span>
      </span>
      <span class="number">≤ {write(low)}</span>
      <span class="ramp-bar">
        {RAMP.map((colour) => (
          <i key={colour} style={{ background: colour }} />
        ))}
      </span>
      <span class="number">{write(high)} ≤</span>
    </div>
  );
}
