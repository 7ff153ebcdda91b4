import { isDark, type Scale, step } from "./ramp";
import { partsOf, ringName, stepName } from "./rings";
import { type Cluster, conditionOf, type Sight, type Single } from "./sights";

interface Drawn {
  key: string;
  image: string;
  size: number;
  text: string;
  /** letters on a dark colour are light; "": in the theme's own */
  letters: "light" | "dark" | "";
  /** the gravest and the least alive lie on top */
  order: number;
}

interface Manner {
  /** null: by how they are */
  scale: Scale | null;
  write(value: number): string;
  count(number: number): string;
}

/** How a sight is drawn: by how it is, or by the value of the metric. */
export function drawnOf(sight: Sight, manner: Manner): Drawn {
  return sight.kind === "cluster" ? clusterOf(sight, manner) : singleOf(sight, manner);
}

function clusterOf(one: Cluster, { scale, write, count }: Manner): Drawn {
  const size = Math.min(1.45, 0.72 + 0.21 * Math.log10(Math.max(1, one.count)) * 1.2);
  const bad = one.offline + one.late;
  const base = { key: one.key, size, order: 10 + (bad > 0 ? 1 : 0) };
  if (scale === null) return { ...base, image: ringName(partsOf(one)), text: count(one.count), letters: "" };
  // Nobody there measures it, or none does now: said by an empty ring.
  if (one.value === null) return { ...base, image: ringName([0, 0, 0, 12, 0]), text: "–", letters: "" };
  const place = step(one.value, scale);
  return {
    ...base,
    image: stepName(place),
    text: write(one.value),
    letters: isDark(place) ? "light" : "dark",
  };
}

const RANK = { never_seen: 0, online: 1, maintenance: 2, late: 3, offline: 4 } as const;

function singleOf(one: Single, { scale, write }: Manner): Drawn {
  const condition = conditionOf(one);
  const order = RANK[condition];
  const own: Drawn = { key: one.key, image: condition, size: 1, text: "", letters: "", order };
  // A silent sensor has no value to be coloured by: how it is says more.
  if (scale === null || one.value === null || condition === "offline" || condition === "never_seen")
    return own;
  const place = step(one.value, scale);
  return {
    ...own,
    image: stepName(place),
    size: 0.62,
    text: write(one.value),
    letters: isDark(place) ? "light" : "dark",
  };
}

/** Everything that is to be seen, as the map takes it. */
export function featuresOf(
  sights: Iterable<Sight>,
  manner: Manner,
): GeoJSON.FeatureCollection<GeoJSON.Point> {
  const features: GeoJSON.Feature<GeoJSON.Point>[] = [];
  for (const sight of sights)
    features.push({
      type: "Feature",
      properties: { ...drawnOf(sight, manner), kind: sight.kind },
      geometry: { type: "Point", coordinates: [sight.lon, sight.lat] },
    });
  return { type: "FeatureCollection", features };
}
