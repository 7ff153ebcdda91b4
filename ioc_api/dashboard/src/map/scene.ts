import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as GlMap, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { LIVENESS, type Sensor, type Zone } from "../api/types";
import { signOf } from "../store/liveness";
import { Alarms } from "./alarms";
import { boundsOf, cellOf, graticule } from "./cells";
import { colour, drawMark, IMAGE_RATIO } from "./images";
import { Labels } from "./labels";

setWorkerUrl(workerUrl);

/** Width that the panel of a sensor takes from the right edge. */
const PANEL_PX = 360;

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export interface Picks {
  sensor(id: string | null): void;
  zone(code: string): void;
  failed(): void;
}

/** The drawn map: an empty style, zones and sensors as our own sources; nothing is fetched from anywhere. */
export class Scene {
  private readonly map: GlMap;
  readonly labels: Labels;
  readonly alarms: Alarms;
  private bounds: [[number, number], [number, number]] | null = null;
  private readonly ready: Promise<void>;
  /** Whether a person has chosen what the map shows; else it always shows the whole city. */
  private chosen = false;

  constructor(container: HTMLElement, picks: Picks) {
    this.map = new GlMap({
      container,
      style: {
        version: 8,
        sources: {},
        layers: [{ id: "ground", type: "background", paint: { "background-color": colour("--map-ground") } }],
      },
      center: [106.14, 21.26],
      zoom: 10.5,
      minZoom: 8.5,
      maxZoom: 17,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
    });
    this.labels = new Labels(this.map);
    this.alarms = new Alarms(this.map);
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-right");
    this.ready = new Promise((done) => this.map.once("load", () => done()));
    this.ready.then(() => this.build(picks));
    this.map.on("movestart", (event) => {
      if (event.originalEvent) this.chosen = true;
    });
    this.map.on("webglcontextlost", () => picks.failed());
  }

  private build(picks: Picks): void {
    const { map } = this;
    this.paintMarks();
    for (const id of ["grid", "zones"]) map.addSource(id, { type: "geojson", data: EMPTY });
    map.addSource("sensors", { type: "geojson", data: EMPTY, promoteId: "id" });
    map.addSource("chosen", { type: "geojson", data: EMPTY });
    map.addLayer({ id: "grid", type: "line", source: "grid" });
    map.addLayer({ id: "zones", type: "fill", source: "zones" });
    map.addLayer({ id: "zone-lines", type: "line", source: "zones" });
    map.addLayer({ id: "zone-chosen", type: "line", source: "zones", filter: ["==", ["get", "code"], ""] });
    map.addLayer({
      id: "sensors",
      type: "symbol",
      source: "sensors",
      layout: {
        "icon-image": ["get", "liveness"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.9, 12, 1.15, 15, 1.7],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["match", ["get", "liveness"], "online", 1, "never_seen", 0, "late", 2, 3],
      },
    });
    map.addLayer({ id: "chosen", type: "circle", source: "chosen" });
    this.paint();
    map.on("click", (event) => {
      const reach = 6;
      const { x, y } = event.point;
      const found = map.queryRenderedFeatures(
        [
          [x - reach, y - reach],
          [x + reach, y + reach],
        ],
        { layers: ["sensors"] },
      );
      const near = found
        .map((feature) => ({ id: String(feature.properties.id), at: map.project(pointOf(feature)) }))
        .sort((a, b) => Math.hypot(a.at.x - x, a.at.y - y) - Math.hypot(b.at.x - x, b.at.y - y))[0];
      picks.sensor(near?.id ?? null);
      if (near) return;
      const zone = map.queryRenderedFeatures(event.point, { layers: ["zones"] })[0];
      if (zone) picks.zone(String(zone.properties.code));
    });
    map.on("mouseenter", "sensors", () => map.getCanvas().classList.add("over-sensor"));
    map.on("mouseleave", "sensors", () => map.getCanvas().classList.remove("over-sensor"));
  }

  /** Take the colours of the present theme. */
  async repaint(): Promise<void> {
    await this.ready;
    this.paintMarks();
    this.paint();
  }

  private paintMarks(): void {
    for (const name of LIVENESS) {
      const image = drawMark(name);
      if (!image) continue;
      if (this.map.hasImage(name)) this.map.updateImage(name, image);
      else this.map.addImage(name, image, { pixelRatio: IMAGE_RATIO });
    }
  }

  private paint(): void {
    const { map } = this;
    map.setPaintProperty("ground", "background-color", colour("--map-ground"));
    map.setPaintProperty("grid", "line-color", colour("--map-grid"));
    map.setPaintProperty("zones", "fill-color", [
      "match",
      ["get", "area"],
      "bac_giang",
      colour("--map-zone-a"),
      colour("--map-zone-b"),
    ]);
    map.setPaintProperty("zone-lines", "line-color", colour("--map-line"));
    map.setPaintProperty("zone-lines", "line-width", 1.2);
    map.setPaintProperty("zone-chosen", "line-color", colour("--accent"));
    map.setPaintProperty("zone-chosen", "line-width", 2);
    map.setPaintProperty("chosen", "circle-radius", 11);
    map.setPaintProperty("chosen", "circle-opacity", 0);
    map.setPaintProperty("chosen", "circle-stroke-width", 2);
    map.setPaintProperty("chosen", "circle-stroke-color", colour("--accent"));
  }

  async setZones(zones: readonly Zone[], choose: (code: string) => void): Promise<void> {
    await this.ready;
    this.bounds = boundsOf(zones);
    this.source("zones").setData({
      type: "FeatureCollection",
      features: zones.map((zone) => ({
        type: "Feature",
        properties: { code: zone.code, area: zone.area },
        geometry: { type: "Polygon", coordinates: [cellOf(zone, zones)] },
      })),
    });
    this.labels.place(zones, choose);
    if (this.bounds) this.source("grid").setData(graticule(this.bounds));
    this.fit(false);
  }

  async setSensors(sensors: Iterable<Sensor>): Promise<void> {
    await this.ready;
    const features: GeoJSON.Feature[] = [];
    for (const sensor of sensors) {
      if (sensor.lat === null || sensor.lon === null) continue;
      features.push({
        type: "Feature",
        properties: { id: sensor.sensor_id, liveness: signOf(sensor.sensor_id).liveness },
        geometry: { type: "Point", coordinates: [sensor.lon, sensor.lat] },
      });
    }
    this.source("sensors").setData({ type: "FeatureCollection", features });
  }

  /** Only what changed is sent to the map's worker. */
  async updateSensors(ids: Iterable<string>): Promise<void> {
    await this.ready;
    const update = [...ids].map((id) => ({
      id,
      addOrUpdateProperties: [{ key: "liveness", value: signOf(id).liveness }],
    }));
    if (update.length > 0) await this.source("sensors").updateData({ update });
  }

  async choose(sensor: Sensor | null, zone: string | null): Promise<void> {
    await this.ready;
    const at = sensor && sensor.lon !== null && sensor.lat !== null ? [sensor.lon, sensor.lat] : null;
    this.source("chosen").setData(
      at ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } } : EMPTY,
    );
    if (at) {
      this.chosen = true;
      this.reveal(at as [number, number]);
    }
    this.map.setFilter("zone-chosen", ["==", ["get", "code"], zone ?? ""]);
  }

  /** Bring a place out from under the panel that tells of it. */
  private reveal(at: [number, number]): void {
    const { map } = this;
    const { clientWidth, clientHeight } = map.getContainer();
    if (clientWidth < PANEL_PX * 1.2) return;
    const { x, y } = map.project(at);
    const covered = x - (clientWidth - PANEL_PX);
    if (covered > 0 && y < clientHeight) map.panBy([covered + 40, 0], { duration: 300 });
  }

  fit(animate = true): void {
    this.chosen = false;
    if (this.bounds) this.map.fitBounds(this.bounds, { padding: this.margins(), animate, duration: 400 });
  }

  /** The legend lies on the map's lower edge where there is room for it. */
  private margins(): { top: number; right: number; bottom: number; left: number } {
    const wide = this.map.getContainer().clientWidth > 440;
    return { top: wide ? 24 : 12, right: 24, bottom: wide ? 56 : 12, left: wide ? 24 : 12 };
  }

  zoomBy(steps: number): void {
    this.chosen = true;
    this.map.zoomTo(this.map.getZoom() + steps, { duration: 200 });
  }

  resize(): void {
    this.map.resize();
    if (!this.chosen) this.fit(false);
  }

  remove(): void {
    this.map.remove();
  }

  private source(id: string): GeoJSONSource {
    return this.map.getSource(id) as GeoJSONSource;
  }
}

function pointOf(feature: GeoJSON.Feature): [number, number] {
  return (feature.geometry as GeoJSON.Point).coordinates as [number, number];
}
