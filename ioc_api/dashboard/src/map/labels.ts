import { type Map as GlMap, Marker } from "maplibre-gl";
import type { Zone } from "../api/types";

export interface Point {
  x: number;
  y: number;
}

interface Box extends Point {
  wide: number;
  high: number;
}

/** Half the side of a mark, with the room it needs around it. */
const MARK = 15;

/** How far (pixels, downward) a box is to move so that no mark lies on it; 0 where none does, or nowhere near is better. */
export function apart(box: Box, marks: readonly Point[], furthest = 46): number {
  const free = (dy: number): boolean =>
    marks.every(
      ({ x, y }) =>
        Math.abs(x - box.x) >= box.wide / 2 + MARK || Math.abs(y - box.y - dy) >= box.high / 2 + MARK,
    );
  for (let d = 0; d <= furthest; d += 2) {
    if (free(d)) return d;
    if (free(-d)) return -d;
  }
  return 0;
}

/** Names and states of the zones, as buttons over the map: letters need no glyphs from a server. */
export class Labels {
  private readonly boxes = new Map<string, { marker: Marker; box: HTMLElement }>();

  constructor(private readonly map: GlMap) {}

  /** One label at the middle of each zone, in place of those before. */
  place(zones: readonly Zone[], choose: (code: string) => void): void {
    for (const { marker } of this.boxes.values()) marker.remove();
    this.boxes.clear();
    for (const zone of zones) {
      const box = document.createElement("button");
      box.type = "button";
      box.className = "zone-label";
      box.append(document.createElement("span"), document.createElement("span"));
      box.addEventListener("click", (event) => {
        event.stopPropagation();
        choose(zone.code);
      });
      const marker = new Marker({ element: box }).setLngLat([zone.lon, zone.lat]).addTo(this.map);
      this.boxes.set(zone.code, { marker, box });
    }
  }

  /** Write a zone's name and state; `tone` is how it is meant. */
  write(code: string, name: string, state: string, tone: string): void {
    const box = this.boxes.get(code)?.box;
    if (!box) return;
    box.dataset.tone = tone;
    [name, state].forEach((text, i) => {
      const line = box.children[i];
      if (line && line.textContent !== text) line.textContent = text;
    });
  }

  /** Move names out from under marks: what is wrong and where it is are both to be read. */
  clear(marks: readonly Point[]): void {
    for (const { marker, box } of this.boxes.values()) {
      const { x, y } = this.map.project(marker.getLngLat());
      const moved = apart({ x, y, wide: box.offsetWidth, high: box.offsetHeight }, marks);
      if (marker.getOffset().y !== moved) marker.setOffset([0, moved]);
    }
  }
}
