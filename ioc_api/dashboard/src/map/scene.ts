import "maplibre-gl/dist/maplibre-gl.css";
import {
  AttributionControl,
  type GeoJSONSource,
  Map as GlMap,
  type MapLayerMouseEvent,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Zone } from "../api/types";
import type { Ground } from "../store/ground";
import { Alarms } from "./alarms";
import { Camera } from "./camera";
import { boundsOf, cellOf, graticule } from "./cells";
import { Labels } from "./labels";
import { addLayers, EMPTY, LOWEST, needImages, paintImages, paintLayers } from "./layers";
import { onset, plainGround, restored } from "./onset";
import type { Picks } from "./picks";
import type { Shade } from "./shading";
import { Streets } from "./streets";

setWorkerUrl(workerUrl);

const REACH = 6;

type Polygons = ReadonlyMap<string, GeoJSON.Polygon | GeoJSON.MultiPolygon>;

/** The drawn map: our own sources over a ground of the city's, or over none; without one nothing is fetched. */
export class Scene {
  private readonly map: GlMap;
  readonly labels: Labels;
  readonly alarms: Alarms;
  private readonly streets = new Streets();
  private own: boolean;
  readonly camera: Camera;
  private ready: Promise<void>;
  private shading = false;
  private shades: ReadonlyMap<string, Shade> = new Map();
  private cells: GeoJSON.Feature[] = [];
  /** What waits to be drawn. */
  private sights: GeoJSON.FeatureCollection | null = null;

  constructor(
    container: HTMLElement,
    private readonly picks: Picks,
    ground: Ground,
  ) {
    this.own = ground.style === null;
    const map = new GlMap({
      container,
      style: ground.style ?? plainGround(),
      center: [106.14, 21.26],
      zoom: 10.5,
      minZoom: 8.5,
      maxZoom: 17.5,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
    });
    this.map = map;
    this.camera = new Camera(map);
    this.labels = new Labels(map);
    this.alarms = new Alarms(map, () => this.labels.clear(this.alarms.marks()));
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-right");
    // Whose streets they are is said where there are any.
    if (ground.style !== null || ground.tiles !== null)
      map.addControl(new AttributionControl({ compact: true }), "bottom-right");
    this.ready = this.begin(ground);
    map.on("moveend", () => this.tell());
    map.on("webglcontextlost", () => this.lost());
  }

  private async begin(ground: Ground): Promise<void> {
    const { map } = this;
    if (ground.style === null) await map.once("load");
    else if (await onset(map, () => document.hidden)) {
      this.own = true;
      this.picks.plain();
    }
    this.build(ground);
  }

  /** The browser took the drawing away. What is to be drawn waits until it gives it back. */
  private lost(): void {
    const { map, ready } = this;
    this.picks.failed();
    const back = restored(map);
    this.ready = ready.then(() => back);
    back.then(() => {
      this.picks.restored();
      this.repaint();
    });
  }

  private build(ground: Ground): void {
    const { map, picks } = this;
    addLayers(map);
    this.paint();
    if (ground.style === null && ground.tiles !== null)
      this.streets
        .lay(map, ground.tiles, LOWEST)
        .then(() => this.paint())
        .catch((cause) => console.warn("streets", cause));
    map.on("click", (event) => {
      const key = this.near(event.point.x, event.point.y);
      picks.sight(key);
      if (key !== null) return;
      const zone = map.queryRenderedFeatures(event.point, { layers: ["zones"] })[0];
      if (zone) picks.zone(String(zone.properties.code));
    });
    map.on("mousemove", "sights", (event: MapLayerMouseEvent) => {
      map.getCanvas().classList.add("over-sensor");
      picks.hover(this.near(event.point.x, event.point.y), event.point.x, event.point.y);
    });
    map.on("mouseleave", "sights", () => {
      map.getCanvas().classList.remove("over-sensor");
      picks.hover(null, 0, 0);
    });
    this.tell();
  }

  /** What is nearest to a point, within reach. */
  private near(x: number, y: number): string | null {
    const found = this.map.queryRenderedFeatures(
      [
        [x - REACH, y - REACH],
        [x + REACH, y + REACH],
      ],
      { layers: ["sights"] },
    );
    const near = found
      .map((feature) => ({ key: String(feature.properties.key), at: this.map.project(pointOf(feature)) }))
      .sort((a, b) => Math.hypot(a.at.x - x, a.at.y - y) - Math.hypot(b.at.x - x, b.at.y - y))[0];
    return near?.key ?? null;
  }

  private tell(): void {
    const { clientWidth, clientHeight } = this.map.getContainer();
    if (clientWidth === 0 || clientHeight === 0) return;
    const box = this.map.getBounds();
    this.picks.moved({
      west: box.getWest(),
      south: box.getSouth(),
      east: box.getEast(),
      north: box.getNorth(),
      zoom: this.map.getZoom(),
    });
  }

  /** Take the colours of the present theme. */
  async repaint(): Promise<void> {
    await this.ready;
    paintImages(this.map);
    this.streets.repaint(this.map);
    this.paint();
  }

  private paint(): void {
    paintLayers(this.map, this.own, this.shades.size > 0);
  }

  /** The zones, each by its exact boundary where there is one, else schematic. */
  async setZones(zones: readonly Zone[], exact: Polygons, choose: (code: string) => void): Promise<void> {
    const bounds = boundsOf(zones);
    // What is to be seen there is asked for while the drawing is still being prepared.
    this.camera.home(bounds);
    await this.ready;
    this.cells = zones.map((zone) => ({
      type: "Feature",
      properties: { code: zone.code, area: zone.area },
      geometry: exact.get(zone.code) ?? { type: "Polygon", coordinates: [cellOf(zone, zones)] },
    }));
    this.labels.place(zones, choose);
    // Lines of a chart belong to a schematic ground alone.
    if (bounds && this.own) this.source("grid").setData(graticule(bounds));
    this.drawZones();
  }

  /** Colour the zones; none: as they are. */
  async shade(shades: ReadonlyMap<string, Shade>): Promise<void> {
    this.shades = shades;
    if (this.shading) return;
    this.shading = true;
    await this.ready;
    this.shading = false;
    this.drawZones();
    this.paint();
  }

  private drawZones(): void {
    const features = this.cells.map((cell) => {
      const shade = this.shades.get(String(cell.properties?.code))?.colour;
      return shade ? { ...cell, properties: { ...cell.properties, shade } } : cell;
    });
    this.source("zones").setData({ type: "FeatureCollection", features });
  }

  async setSights(sights: GeoJSON.FeatureCollection): Promise<void> {
    const waiting = this.sights !== null;
    this.sights = sights;
    // Of many that come while nothing can be drawn, the last one counts.
    if (waiting) return;
    await this.ready;
    const newest = this.sights;
    this.sights = null;
    needImages(this.map, new Set(newest.features.map((feature) => String(feature.properties?.image))));
    this.source("sights").setData(newest);
  }

  /** Mark a place and a zone as chosen; the place is brought out from under the panel that tells of it. */
  async choose(at: [number, number] | null, zone: string | null): Promise<void> {
    await this.ready;
    this.source("chosen").setData(
      at ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } } : EMPTY,
    );
    if (at) this.camera.reveal(at);
    this.map.setFilter("zone-chosen", ["==", ["get", "code"], zone ?? ""]);
  }

  resize(): void {
    this.map.resize();
    this.camera.resized();
    this.tell();
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
