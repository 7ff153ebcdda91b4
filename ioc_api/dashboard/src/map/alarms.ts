import { type Map as GlMap, Marker } from "maplibre-gl";
import { SEVERITY_SHAPES } from "../marks/severities";
import type { Point } from "./labels";
import { type AlertPlace, gather, LIFT } from "./places";

/** Marks that are nearer than this are one (pixels). */
const REACH = 21;
const SVG = "http://www.w3.org/2000/svg";

/** Alerts over the map, as links to what is known of them. Their shape says how grave they are, as in the list. */
export class Alarms {
  private readonly drawn = new Map<string, { marker: Marker; box: HTMLAnchorElement }>();

  private again = (): void => {};

  /** `told` hears when the marks stand elsewhere. */
  constructor(
    private readonly map: GlMap,
    private readonly told: () => void = () => {},
  ) {
    map.on("zoomend", () => this.again());
  }

  /** Draw these and no others; `tell` says in words what a mark is, `link` where it leads. */
  show(all: readonly AlertPlace[], tell: (p: AlertPlace) => string, link: (id: number) => string): void {
    this.again = () => this.show(all, tell, link);
    const at = (place: AlertPlace): { x: number; y: number } => {
      const { x, y } = this.map.project([place.lon, place.lat]);
      return { x, y: place.rough ? y - LIFT : y };
    };
    const places = gather(all, at, REACH);
    const wanted = new Set(places.map((place) => place.key));
    for (const [key, { marker }] of this.drawn) {
      if (wanted.has(key)) continue;
      marker.remove();
      this.drawn.delete(key);
    }
    places.forEach((place, i) => {
      const { box } = this.drawn.get(place.key) ?? this.add(place);
      const said = tell(place);
      const { alert } = place;
      const before = box.dataset.severity;
      Object.assign(box.dataset, {
        alarm: String(alert.id),
        severity: alert.severity,
        unseen: String(place.unseen),
        rough: String(place.rough),
      });
      // The gravest lies on top.
      box.style.zIndex = String(places.length - i);
      box.href = link(alert.id);
      box.title = said;
      box.setAttribute("aria-label", said);
      if (before !== alert.severity) box.firstElementChild?.replaceWith(signOf(place));
      const number = box.lastElementChild;
      if (number) number.textContent = place.count > 1 ? String(place.count) : "";
    });
    this.told();
  }

  /** Where the marks are on the screen, in pixels of the map. */
  marks(): Point[] {
    return [...this.drawn.values()].map(({ marker }) => {
      const { x, y } = this.map.project(marker.getLngLat());
      const lift = marker.getOffset();
      return { x: x + lift.x, y: y + lift.y };
    });
  }

  private add(place: AlertPlace): { marker: Marker; box: HTMLAnchorElement } {
    const box = document.createElement("a");
    box.className = "alarm";
    const count = document.createElement("span");
    count.className = "alarm-count number";
    box.append(document.createElementNS(SVG, "svg"), count);
    // The map would take a press for the beginning of a drag, or for a click on what lies beneath.
    for (const name of ["mousedown", "touchstart", "click", "dblclick"])
      box.addEventListener(name, (event) => event.stopPropagation());
    const offset: [number, number] = [0, place.rough ? -LIFT : 0];
    const marker = new Marker({ element: box, offset }).setLngLat([place.lon, place.lat]).addTo(this.map);
    const made = { marker, box };
    this.drawn.set(place.key, made);
    return made;
  }
}

function signOf({ alert }: AlertPlace): SVGSVGElement {
  const shape = SEVERITY_SHAPES[alert.severity] ?? SEVERITY_SHAPES.info;
  const sign = document.createElementNS(SVG, "svg");
  sign.setAttribute("viewBox", "0 0 16 16");
  sign.setAttribute("aria-hidden", "true");
  sign.setAttribute("class", `severity severity-${alert.severity}`);
  sign.dataset.filled = String(shape.filled);
  for (const [name, d] of [
    ["severity-body", shape.body],
    ["severity-inner", shape.inner],
  ] as const) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", name);
    sign.append(path);
  }
  return sign;
}
