import { computed, signal } from "@preact/signals";
import type { Latest, LivenessItem } from "../api/types";
import type { Follow } from "../live/follow";
import type { Keyed } from "../live/protocol";
import type { Sink } from "../live/subscription";
import type { Single } from "../map/sights";
import type { Chosen } from "../map/source";
import { latestSink } from "../store/selection";

/** The sensor that somebody points at on the map of the past: what the socket of the past tells of it, and nothing else. */
export class Picked implements Chosen {
  readonly sensor = signal<Single | null>(null);
  readonly id = computed(() => this.sensor.value?.sensor ?? null);
  readonly place = computed(() => this.sensor.value);
  /** Its readings as of then, by `metric/channel`; null: not told yet. */
  readonly latest = signal<ReadonlyMap<string, Latest> | null>(null);
  /** How it was then; null: not told yet. */
  readonly sign = signal<LivenessItem | null>(null);
  readonly refused = signal(false);
  private stops: (() => void)[] = [];

  constructor(private readonly follow: Follow) {}

  pick(sensor: Single | null): void {
    if (sensor?.sensor === this.id.peek()) return;
    for (const stop of this.stops) stop();
    this.stops = [];
    this.sensor.value = sensor;
    this.latest.value = null;
    this.sign.value = null;
    this.refused.value = false;
    if (sensor === null) return;
    const id = sensor.sensor;
    const refused = (): void => {
      this.refused.value = true;
    };
    const heard = (items: Keyed[]): LivenessItem | undefined => (items as LivenessItem[])[0];
    const sign: Sink = {
      replace: (items) => {
        this.sign.value = heard(items) ?? null;
      },
      apply: (items) => {
        this.sign.value = heard(items) ?? this.sign.peek();
      },
      refused,
    };
    const latest = latestSink(id, this.latest, () => this.id.peek() === id);
    this.stops = [
      this.follow("latest", { sensor: [id] }, { ...latest, refused }, 2),
      this.follow("sensors", { sensor: [id] }, sign, 2),
    ];
  }
}
