import { computed, signal } from "@preact/signals";
import type { Liveness, LivenessItem } from "../api/types";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";
import { sensors } from "./registry";

export interface Sign {
  liveness: Liveness;
  lastSeen: number | null;
}

/** By sensor id; changed in place. `livenessTick` tells when a liveness changes, `seenTick` of each word heard. */
const signs = new Map<string, Sign>();
export const livenessTick = signal(0);
export const seenTick = signal(0);

/** The ids that changed since the map last drew; null: all may have. */
let changed: Set<string> | null = null;

/** How it stands with a sensor: what the socket last said, else what the registry said when it was read. */
export function signOf(id: string): Sign {
  const known = signs.get(id);
  if (known) return known;
  const sensor = sensors.peek().get(id);
  return {
    liveness: sensor?.liveness ?? "never_seen",
    lastSeen: sensor?.last_seen ? Date.parse(sensor.last_seen) : null,
  };
}

/** Hand over the changed ids; null means that everything is to be drawn anew. */
export function takeChanged(): Set<string> | null {
  const ids = changed;
  changed = new Set();
  return ids;
}

export type Count = Record<Liveness, number>;
const none = (): Count => ({ online: 0, late: 0, offline: 0, never_seen: 0 });

/** How many sensors are how alive: in all, and under `zone:CODE` and `domain:CODE`. */
export const counts = computed(() => {
  livenessTick.value;
  const table = new Map<string, Count>([["", none()]]);
  for (const sensor of sensors.value.values()) {
    const { liveness } = signOf(sensor.sensor_id);
    for (const name of ["", `domain:${sensor.domain}`, sensor.zone ? `zone:${sensor.zone}` : null]) {
      if (name === null) continue;
      let row = table.get(name);
      if (!row) {
        row = none();
        table.set(name, row);
      }
      row[liveness] += 1;
    }
  }
  return table;
});

export function countOf(name: string): Count {
  return counts.value.get(name) ?? none();
}

/** Where the topic `sensors` ends. `stranger` is told when a sensor is not in the registry that was read. */
export function livenessSink(stranger: () => void): Sink {
  const take = (items: Keyed[], whole: boolean): void => {
    const known = sensors.peek();
    let strange = false;
    let moved = whole;
    for (const item of items as LivenessItem[]) {
      // Most words only say "still there"; nothing is drawn anew for those.
      if (signOf(item.key).liveness !== item.liveness) {
        moved = true;
        changed?.add(item.key);
      }
      signs.set(item.key, {
        liveness: item.liveness,
        lastSeen: item.last_seen ? Date.parse(item.last_seen) : null,
      });
      if (!known.has(item.key)) strange = true;
    }
    seenTick.value += 1;
    if (moved) livenessTick.value += 1;
    if (strange) stranger();
  };
  return {
    replace: (items) => {
      signs.clear();
      changed = null;
      take(items, true);
    },
    apply: (items, removed) => {
      for (const key of removed) {
        signs.delete(key);
        changed?.add(key);
      }
      take(items, removed.length > 0);
    },
  };
}
