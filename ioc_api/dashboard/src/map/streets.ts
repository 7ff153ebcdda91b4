import type { Map as GlMap, LayerSpecification, SourceSpecification } from "maplibre-gl";
import { addProtocol } from "maplibre-gl";
import { wallToken } from "../store/wall";
import { colour } from "./images";

const SOURCE = "streets";
type Paint = [layer: string, property: string, custom: string];
const RASTER_TYPES = new Set([2, 3, 4, 5]);

/** Streets of a PMTiles archive under the zones: quiet, in the colours of the theme. */
export class Streets {
  private painted: Paint[] = [];

  /** Put them under the layer `above`; `url` is of ours, and is read by ranges. Throws what the archive is wrong with. */
  async lay(map: GlMap, url: string, above: string): Promise<void> {
    const { FetchSource, PMTiles, Protocol } = await import("pmtiles");
    const token = wallToken();
    const headers = new Headers(token === null ? {} : { authorization: `Bearer ${token}` });
    const archive = new PMTiles(new FetchSource(new URL(url, location.href).href, headers, "same-origin"));
    const protocol = new Protocol({ metadata: true });
    protocol.add(archive);
    addProtocol("pmtiles", protocol.tile);
    const head = await archive.getHeader();
    const raster = RASTER_TYPES.has(head.tileType);
    const meta = (await archive.getMetadata()) as { vector_layers?: { id: string }[]; attribution?: string };
    const source: SourceSpecification = {
      type: raster ? "raster" : "vector",
      url: `pmtiles://${archive.source.getKey()}`,
      ...(raster && { tileSize: 256 }),
    };
    map.addSource(SOURCE, source);
    const names = new Set((meta.vector_layers ?? []).map((layer) => layer.id));
    const layers = raster ? [picture()] : layersOf(names);
    for (const layer of layers) map.addLayer(layer, above);
    this.painted = PAINTS.filter(([id]) => layers.some((layer) => layer.id === id));
    this.repaint(map);
  }

  repaint(map: GlMap): void {
    for (const [layer, property, custom] of this.painted)
      map.setPaintProperty(layer, property as "line-color", colour(custom));
  }
}

const PAINTS: readonly Paint[] = [
  ["street-green", "fill-color", "--map-green"],
  ["street-water", "fill-color", "--map-water"],
  ["street-houses", "fill-color", "--map-house"],
  ["street-small", "line-color", "--map-street"],
  ["street-large", "line-color", "--map-road"],
  ["street-names", "text-color", "--dim"],
  ["street-names", "text-halo-color", "--map-ground"],
];

function picture(): LayerSpecification {
  return {
    id: "street-picture",
    type: "raster",
    source: SOURCE,
    paint: { "raster-opacity": 0.55, "raster-saturation": -0.6 },
  };
}

/** The layers of Protomaps' schema (`roads`, by `kind`) or of OpenMapTiles' (`transportation`, by `class`). */
export function layersOf(names: ReadonlySet<string>): LayerSpecification[] {
  const own = names.has("roads");
  const roads = own ? "roads" : "transportation";
  const kind = own ? "kind" : "class";
  const large = own ? ["highway", "major_road"] : ["motorway", "trunk", "primary", "secondary"];
  const there = (name: string): boolean => names.has(name);
  const found: LayerSpecification[] = [];
  const green = own ? "landuse" : "landcover";
  if (there(green))
    found.push({
      id: "street-green",
      type: "fill",
      source: SOURCE,
      "source-layer": green,
      filter: [
        "in",
        ["get", kind],
        ["literal", ["park", "forest", "wood", "grass", "nature_reserve", "garden"]],
      ],
    });
  if (there("water"))
    found.push({
      id: "street-water",
      type: "fill",
      source: SOURCE,
      "source-layer": "water",
      filter: ["==", ["geometry-type"], "Polygon"],
    });
  const houses = own ? "buildings" : "building";
  if (there(houses))
    found.push({ id: "street-houses", type: "fill", source: SOURCE, "source-layer": houses, minzoom: 14 });
  if (there(roads)) {
    found.push({
      id: "street-small",
      type: "line",
      source: SOURCE,
      "source-layer": roads,
      minzoom: 12,
      filter: ["!", ["in", ["get", kind], ["literal", large]]],
      paint: { "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 12, 0.5, 17, 5] },
    });
    found.push({
      id: "street-large",
      type: "line",
      source: SOURCE,
      "source-layer": roads,
      filter: ["in", ["get", kind], ["literal", large]],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 8, 0.8, 17, 10] },
    });
    found.push({
      id: "street-names",
      type: "symbol",
      source: SOURCE,
      "source-layer": own ? roads : "transportation_name",
      minzoom: 14,
      layout: {
        "symbol-placement": "line",
        "text-field": ["get", "name"],
        "text-size": 11,
        "text-font": ["Plex"],
      },
      paint: { "text-halo-width": 1.2 },
    });
  }
  return own || there("transportation_name") ? found : found.filter((layer) => layer.id !== "street-names");
}
