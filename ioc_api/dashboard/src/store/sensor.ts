import { computed, effect, signal } from "@preact/signals";
import { ApiError, get } from "../api/http";
import type { LivenessItem, Sensor } from "../api/types";
import type { Follow } from "../live/follow";
import type { Sink } from "../live/subscription";
import { latest, latestSink, selectedSensor } from "./selection";

const registered = signal<Sensor | null>(null);
const sign = signal<LivenessItem | null>(null);

/** The sensor that is looked at, as the registry has it and the socket tells of it since. */
export const sensor = computed<Sensor | null>(() => {
  const known = registered.value;
  const heard = sign.value;
  if (known === null || heard === null || heard.key !== known.sensor_id) return known;
  return { ...known, liveness: heard.liveness, last_seen: heard.last_seen };
});
/** Why it is not there. */
export const trouble = signal<"missing" | "unreachable" | null>(null);

const RETRY_MS = 3_000;

/** Keep `sensor` and its latest readings true to the choice. */
export function followSelection(follow: Follow): () => void {
  return effect(() => {
    const id = selectedSensor.value;
    latest.value = null;
    registered.value = null;
    sign.value = null;
    trouble.value = null;
    if (id === null) return;
    const stops = [
      follow("sensors", { sensor: [id] }, signSink, 1),
      follow("latest", { sensor: [id] }, latestSink(id), 2),
      look(id),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  });
}

/** Read it until it could be read. */
function look(id: string): () => void {
  let gone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = (): void => {
    get<Sensor>(`sensors/${encodeURIComponent(id)}`)
      .then((found) => {
        if (gone) return;
        registered.value = found;
        trouble.value = null;
      })
      .catch((cause) => {
        if (gone) return;
        const missing = cause instanceof ApiError && (cause.status === 404 || cause.status === 422);
        trouble.value = missing ? "missing" : "unreachable";
        if (!missing) timer = setTimeout(read, RETRY_MS);
      });
  };
  read();
  return () => {
    gone = true;
    clearTimeout(timer);
  };
}

const signSink: Sink = {
  replace: (items) => {
    sign.value = (items as LivenessItem[])[0] ?? null;
  },
  apply: (items) => {
    sign.value = (items as LivenessItem[])[0] ?? sign.peek();
  },
};
