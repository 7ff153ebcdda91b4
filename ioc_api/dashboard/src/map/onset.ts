import type { Map as GlMap, StyleSpecification } from "maplibre-gl";
import { colour } from "./images";

const WITHIN_MS = 8_000;

/** A ground of one colour, which is always there. */
export function plainGround(): StyleSpecification {
  const paint = { "background-color": colour("--map-ground") };
  return { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint }] };
}

/**
 * Wait until the ground of the map is there; where it cannot be had or is not there in time, lay a plain one. Whether
 * that was needed. A hidden page draws nothing: that it is late there says nothing.
 */
export function onset(map: GlMap, hidden: () => boolean): Promise<boolean> {
  return new Promise((done) => {
    let told = false;
    let over = false;
    const end = (): void => {
      over = true;
      clearTimeout(timer);
      map.off("error", failed);
    };
    const lay = (): void => {
      if (over) return;
      end();
      map.setStyle(plainGround(), { diff: false });
      map.once("style.load", () => done(true));
    };
    // Once it is known what the ground consists of, it is gone where its source is, and not where a letter or a sign is.
    const failed = (event: { error?: unknown }): void => {
      console.warn("ground", event.error);
      if (!told || "sourceId" in event) lay();
    };
    const late = (): void => {
      if (hidden()) timer = setTimeout(late, WITHIN_MS);
      else lay();
    };
    let timer = setTimeout(late, WITHIN_MS);
    map.on("error", failed);
    map.once("style.load", () => {
      told = true;
    });
    map.once("load", () => {
      if (over) return;
      end();
      done(false);
    });
  });
}

/** The browser has given the drawing back, and what was drawn is there again. */
export function restored(map: GlMap): Promise<void> {
  return new Promise((done) => {
    map.once("webglcontextrestored", () => map.once("style.load", () => done()));
  });
}
