import type { Map as GlMap } from "maplibre-gl";
import { CONDITIONS } from "../api/types";
import { colour, drawMark, IMAGE_RATIO } from "./images";
import { drawNamed, stepNames } from "./rings";

export const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** The lowest of our own layers: streets lie beneath it. */
export const LOWEST = "grid";

/** Our sources and layers, over whatever ground there is. */
export function addLayers(map: GlMap): void {
  paintImages(map);
  for (const id of ["grid", "zones", "sights", "chosen"]) map.addSource(id, { type: "geojson", data: EMPTY });
  map.addLayer({ id: "grid", type: "line", source: "grid" });
  map.addLayer({ id: "zones", type: "fill", source: "zones" });
  // The colour of an index is seen as it is along the border, and thinned within, where names and marks are read.
  map.addLayer({
    id: "zone-shades",
    type: "line",
    source: "zones",
    filter: ["has", "shade"],
    paint: { "line-color": ["get", "shade"], "line-width": 5, "line-offset": 2.5 },
  });
  map.addLayer({ id: "zone-lines", type: "line", source: "zones", paint: { "line-width": 1.2 } });
  map.addLayer({
    id: "zone-chosen",
    type: "line",
    source: "zones",
    filter: ["==", ["get", "code"], ""],
    paint: { "line-width": 2.4 },
  });
  map.addLayer({
    id: "sights",
    type: "symbol",
    source: "sights",
    layout: {
      "icon-image": ["get", "image"],
      "icon-size": [
        "interpolate",
        ["linear"],
        ["zoom"],
        10,
        ["*", ["get", "size"], 0.9],
        12,
        ["*", ["get", "size"], ["match", ["get", "kind"], "cluster", 1, 1.15]],
        15,
        ["*", ["get", "size"], ["match", ["get", "kind"], "cluster", 1.1, 1.7]],
      ],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "text-field": [
        "step",
        ["zoom"],
        ["match", ["get", "kind"], "cluster", ["get", "text"], ""],
        12.5,
        ["get", "text"],
      ],
      "text-font": ["Plex"],
      "text-size": ["match", ["get", "kind"], "cluster", 12, 10.5],
      "text-allow-overlap": true,
      "text-ignore-placement": true,
      "symbol-sort-key": ["get", "order"],
    },
  });
  map.addLayer({
    id: "chosen",
    type: "circle",
    source: "chosen",
    paint: { "circle-radius": 12, "circle-opacity": 0, "circle-stroke-width": 2.4 },
  });
}

/** Take the colours of the present theme; `own`: the ground is ours, and not a style's. */
export function paintLayers(map: GlMap, own: boolean, shaded: boolean): void {
  if (own) map.setPaintProperty("ground", "background-color", colour("--map-ground"));
  map.setPaintProperty("grid", "line-color", colour("--map-grid"));
  map.setPaintProperty("zones", "fill-color", [
    "coalesce",
    ["get", "shade"],
    ["match", ["get", "area"], "bac_giang", colour("--map-zone-a"), colour("--map-zone-b")],
  ]);
  // What lies beneath shines through a shade, and is covered by nothing else.
  const plain = own ? 1 : 0.25;
  map.setPaintProperty("zones", "fill-opacity", [
    "case",
    ["has", "shade"],
    0.5,
    shaded && own ? 0.75 : plain,
  ]);
  map.setPaintProperty("zone-lines", "line-color", colour("--map-line"));
  map.setPaintProperty("zone-chosen", "line-color", colour("--accent"));
  map.setPaintProperty("chosen", "circle-stroke-color", colour("--accent"));
  map.setPaintProperty("sights", "text-color", [
    "match",
    ["get", "letters"],
    "light",
    "#ffffff",
    "dark",
    "#10161b",
    colour("--text"),
  ]);
}

/** The pictures of conditions and of the ramp; rings are drawn when they are asked for. */
export function paintImages(map: GlMap): void {
  for (const name of CONDITIONS) put(map, name, drawMark(name));
  for (const name of [...stepNames(), ...map.listImages().filter((n) => n.startsWith("ring/"))])
    put(map, name, drawNamed(name));
}

/** Draw those of these pictures that are not there yet. */
export function needImages(map: GlMap, names: Iterable<string>): void {
  for (const name of names) if (!map.hasImage(name)) put(map, name, drawNamed(name));
}

function put(map: GlMap, name: string, image: ImageData | null): void {
  if (!image) return;
  if (map.hasImage(name)) map.updateImage(name, image);
  else map.addImage(name, image, { pixelRatio: IMAGE_RATIO });
}
