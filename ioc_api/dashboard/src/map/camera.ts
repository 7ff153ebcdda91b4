import type { Map as GlMap } from "maplibre-gl";
import type { Spot } from "../store/selection";

/** Width that the panel of a sensor takes from the right edge. */
const PANEL_PX = 360;

type Bounds = [[west: number, south: number], [east: number, north: number]];

/** Where the map looks: at the whole city, until somebody chooses. */
export class Camera {
  private bounds: Bounds | null = null;
  /** Whether a person has chosen what the map shows. */
  private chosen = false;
  /** Whether a person has moved it, and not what they looked at. */
  private moved = false;

  constructor(private readonly map: GlMap) {
    map.on("movestart", (event) => {
      if (event.originalEvent) this.chosen = this.moved = true;
    });
  }

  /** Where a person has brought it; null: it stands where it stands by itself. */
  get spot(): Spot | null {
    if (!this.moved) return null;
    const { lng, lat } = this.map.getCenter();
    const rounded = (n: number, digits: number): number => Number(n.toFixed(digits));
    return { lon: rounded(lng, 5), lat: rounded(lat, 5), zoom: rounded(this.map.getZoom(), 2) };
  }

  /** Stand there; null: see the whole city. */
  stand(spot: Spot | null): void {
    const { spot: now } = this;
    if (spot === null) {
      if (now !== null) this.fit(false);
    } else if (spot.lon !== now?.lon || spot.lat !== now.lat || spot.zoom !== now.zoom) {
      this.chosen = this.moved = true;
      this.map.jumpTo({ center: [spot.lon, spot.lat], zoom: spot.zoom });
    }
  }

  /** This is the whole city. */
  home(bounds: Bounds | null): void {
    this.bounds = bounds;
    if (!this.chosen) this.fit(false);
  }

  fit(animate = true): void {
    this.chosen = this.moved = false;
    if (this.bounds) this.map.fitBounds(this.bounds, { padding: this.margins(), animate, duration: 400 });
  }

  /** The legend lies on the map's lower edge where there is room for it. */
  private margins(): { top: number; right: number; bottom: number; left: number } {
    const wide = this.map.getContainer().clientWidth > 440;
    return { top: wide ? 16 : 12, right: 20, bottom: wide ? 66 : 12, left: wide ? 20 : 12 };
  }

  resized(): void {
    if (!this.chosen) this.fit(false);
  }

  zoomBy(steps: number): void {
    this.chosen = this.moved = true;
    this.map.zoomTo(this.map.getZoom() + steps, { duration: 200 });
  }

  /** Bring a place out from under the panel that tells of it, which covers so much (pixels) of the right side. */
  reveal(at: [number, number], covered = PANEL_PX): void {
    const { map } = this;
    const { clientWidth, clientHeight } = map.getContainer();
    if (clientWidth === 0) return;
    this.chosen = true;
    const { x, y } = map.project(at);
    const free = clientWidth < covered * 1.2 ? clientWidth : clientWidth - covered;
    if (x > 20 && x < free - 20 && y > 20 && y < clientHeight - 20) return;
    map.easeTo({ center: at, offset: [(free - clientWidth) / 2, 0], duration: 300 });
  }

  /** Look into what was put together: `box` is west, south, east, north. */
  closer([west, south, east, north]: readonly [number, number, number, number]): void {
    const { map } = this;
    this.chosen = this.moved = true;
    const padding = Math.min(80, map.getContainer().clientHeight / 5);
    const least = map.getZoom() + 1;
    const camera = map.cameraForBounds([west, south, east, north], { padding, maxZoom: 16 });
    map.easeTo({
      center: camera?.center ?? [(west + east) / 2, (south + north) / 2],
      zoom: Math.min(17, Math.max(least, camera?.zoom ?? least)),
      duration: 400,
    });
  }
}
