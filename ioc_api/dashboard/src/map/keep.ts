import { computed, effect, signal } from "@preact/signals";
import { placeOf } from "../alerts/words";
import { mannerOf } from "../city/headline";
import { formatNumber } from "../format";
import { nameOf, t } from "../i18n";
import { alerts } from "../store/alerts";
import { boundaries } from "../store/ground";
import { language, theme } from "../store/prefs";
import { liveZones, metricsOf } from "../store/registry";
import { alertId, linkTo } from "../store/route";
import { selectedZone, shownDomain, shownMetric, shownShading, shownSpot } from "../store/selection";
import { featuresOf } from "./features";
import { writeLabels } from "./names";
import type { Seen } from "./picks";
import { type AlertPlace, placesOf } from "./places";
import { type Scale, scaleOf } from "./ramp";
import type { Scene } from "./scene";
import { shadesOf } from "./shading";
import { Sights } from "./sights";
import { living, type MapSource } from "./source";
import type { Tipped } from "./Tip";

/** What one map shows and is told, apart from the drawing. */
export class Model {
  readonly sights: Sights;
  readonly seen = signal<Seen | null>(null);
  readonly scale = signal<Scale | null>(null);
  readonly tip = signal<Tipped | null>(null);
  /** the ground of the map was not to be had */
  readonly plain = signal(false);

  constructor(readonly source: MapSource) {
    this.sights = new Sights(source.follow);
  }
}

/** A person has pressed something, or nothing. */
export function press(scene: Scene, model: Model, key: string | null): void {
  const sight = key === null ? undefined : model.sights.items.peek().get(key);
  model.tip.value = null;
  if (sight?.kind === "cluster") scene.camera.closer(sight.box);
  else model.source.chosen.pick(sight ?? null);
}

/** What a mark is: how grave, what, where, and how many more there are. */
function tellAlarm({ alert, count }: AlertPlace): string {
  const what = `${t(`severity.${alert.severity}`)}: ${nameOf(alert)}`;
  // The number that stands at the mark is in its name: whoever speaks to the screen says what they see.
  const more = count > 1 ? t("map.alerts_here", { count }) : null;
  return [what, ...placeOf(alert), t(`standing.${alert.state}`), more].filter(Boolean).join(" · ");
}

/** Where the alert is that the address names, as text: it changes only when that place does. */
const looked = computed(() => {
  const alert = alertId.value === null ? undefined : alerts.value.get(alertId.value);
  const place = alert && placesOf([{ alert, children: [] }], liveZones.value)[0];
  return place ? `${place.lon}/${place.lat}` : null;
});

export function pickZone(code: string): void {
  selectedZone.value = selectedZone.peek() === code ? null : code;
}

/** Keep the drawing true to the stores; answers how to stop. */
export function keep(scene: Scene, model: Model, box: HTMLElement): () => void {
  const { source, sights } = model;
  const stops = [
    // Before the zones, which would have it show all of them.
    effect(() => scene.camera.stand(shownSpot.value)),
    effect(() => {
      const list = liveZones.value;
      scene.setZones(list, boundaries.value, pickZone).then(() => writeLabels(scene, source));
    }),
    effect(() => writeLabels(scene, source)),
    effect(() => {
      const seen = model.seen.value;
      const metric = shownMetric.value;
      if (seen) sights.look({ view: { ...seen, metric: metric || null }, domain: shownDomain.value });
    }),
    effect(() => {
      const items = [...sights.items.value.values()];
      const name = sights.metric.value;
      const metric = name === null ? undefined : metricsOf.value.get(name);
      const { factor, digits } = metric ? mannerOf(metric) : { factor: 1, digits: 1 };
      const values = items.flatMap((item) => item.value ?? []);
      const scale = name === null ? null : scaleOf(name, metric, values, model.scale.peek());
      model.scale.value = scale;
      // What is seen from afar needs no decimals, but where there would be nothing else.
      const few = scale && (scale[1] - scale[0]) * factor >= 10 ? 0 : digits;
      const write = (value: number): string => formatNumber(value * factor, few);
      scene.setSights(featuresOf(items, { scale, write, count: (n) => formatNumber(n) }));
    }),
    effect(() => {
      scene.shade(shadesOf(shownShading.value, liveZones.value, source.indices, formatNumber));
    }),
    effect(() => {
      const domain = shownDomain.value;
      const shown = source.entries.value.filter(
        ({ alert: { domain: own } }) => !domain || !own || own === domain,
      );
      language.value;
      scene.alarms.show(placesOf(shown, liveZones.value), tellAlarm, linkTo);
    }),
    effect(() => {
      const id = source.chosen.id.value;
      const one = id === null ? undefined : sights.items.peek().get(`s/${id}`);
      const at = one ?? source.chosen.place.value;
      const place = at && at.lon !== null && at.lat !== null ? ([at.lon, at.lat] as [number, number]) : null;
      scene.choose(place, selectedZone.value);
    }),
    effect(() => {
      const at = looked.value?.split("/").map(Number);
      if (at === undefined || source !== living) return;
      // After the panel that tells of it is there.
      requestAnimationFrame(() => {
        const covered = document.querySelector(".alert-view")?.clientWidth ?? 0;
        scene.camera.reveal([at[0] ?? 0, at[1] ?? 0], covered);
      });
    }),
    effect(() => {
      theme.value;
      // After the document has taken the theme: the colours are read from it.
      queueMicrotask(() => scene.repaint());
    }),
  ];
  const watcher = new ResizeObserver(() => scene.resize());
  watcher.observe(box);
  return () => {
    watcher.disconnect();
    for (const stop of stops) stop();
  };
}
