import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as GlMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Zone } from "../api/types";
import { boundsOf, cellOf } from "../map/cells";
import { colour } from "../map/images";

setWorkerUrl(workerUrl);

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** A small map with one place on it; nothing is fetched from anywhere. */
export class Spot {
  private readonly map: GlMap;
  private readonly ready: Promise<void>;

  constructor(
    box: HTMLElement,
    private readonly zones: readonly Zone[],
    pick: (at: [number, number]) => void,
  ) {
    this.map = new GlMap({
      container: box,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background" }] },
      center: [106.14, 21.26],
      zoom: 9.5,
      maxZoom: 18,
      attributionControl: false,
      dragRotate: false,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.ready = new Promise((done) => this.map.once("load", () => done()));
    this.ready.then(() => this.build());
    this.map.on("click", (event) => pick([event.lngLat.lng, event.lngLat.lat]));
  }

  private build(): void {
    const { map } = this;
    map.addSource("zones", {
      type: "geojson",
      data: {
        type: "FeatureCollection",
        features: this.zones.map((zone) => ({
          type: "Feature",
          properties: { code: zone.code },
          geometry: { type: "Polygon", coordinates: [cellOf(zone, this.zones)] },
        })),
      },
    });
    map.addSource("place", { type: "geojson", data: EMPTY });
    map.addLayer({ id: "zones", type: "fill", source: "zones" });
    map.addLayer({ id: "zone-lines", type: "line", source: "zones" });
    map.addLayer({ id: "zone-chosen", type: "line", source: "zones", filter: ["==", ["get", "code"], ""] });
    map.addLayer({ id: "place", type: "circle", source: "place" });
    this.paint();
    const bounds = boundsOf(this.zones);
    if (bounds) map.fitBounds(bounds, { padding: 12, animate: false });
  }

  async repaint(): Promise<void> {
    await this.ready;
    this.paint();
  }

  private paint(): void {
    const { map } = this;
    map.setPaintProperty("ground", "background-color", colour("--map-ground"));
    map.setPaintProperty("zones", "fill-color", colour("--map-zone-a"));
    map.setPaintProperty("zone-lines", "line-color", colour("--map-line"));
    map.setPaintProperty("zone-chosen", "line-color", colour("--accent"));
    map.setPaintProperty("zone-chosen", "line-width", 2);
    map.setPaintProperty("place", "circle-radius", 7);
    map.setPaintProperty("place", "circle-color", colour("--accent"));
    map.setPaintProperty("place", "circle-stroke-width", 2);
    map.setPaintProperty("place", "circle-stroke-color", colour("--ground"));
  }

  /** The place (longitude, latitude), and the zone that it is said to lie in. */
  async show(at: [number, number] | null, zone: string | null): Promise<void> {
    await this.ready;
    const place = this.map.getSource("place") as GeoJSONSource;
    place.setData(
      at ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } } : EMPTY,
    );
    this.map.setFilter("zone-chosen", ["==", ["get", "code"], zone ?? ""]);
    if (at && !this.map.getBounds().contains(at)) this.map.jumpTo({ center: at, zoom: 13 });
  }

  remove(): void {
    this.map.remove();
  }
}
