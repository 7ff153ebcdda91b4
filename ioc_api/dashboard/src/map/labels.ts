import { type Map as GlMap, Marker } from "maplibre-gl";
import type { Zone } from "../api/types";

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
}
