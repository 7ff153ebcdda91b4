import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { theme } from "../store/prefs";
import { liveZones } from "../store/registry";
import type { Spot } from "./spot";

interface Props {
  /** longitude, latitude */
  at: [number, number] | null;
  zone: string | null;
  /** absent: the place is only shown */
  onPick?: (at: [number, number]) => void;
}

/** Where it stands, on the zones; a click puts it there. Numbers can be typed instead, so nobody needs the map. */
export function Picker({ at, zone, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const spot = useRef<Spot | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const state = useSignal<"loading" | "ready" | "failed">("loading");
  useEffect(() => {
    let gone = false;
    import("./spot")
      .then(({ Spot }) => {
        if (gone || box.current === null) return;
        spot.current = new Spot(box.current, liveZones.peek(), (where) => pick.current?.(where));
        state.value = "ready";
      })
      .catch((cause) => {
        console.warn(cause);
        state.value = "failed";
      });
    return () => {
      gone = true;
      spot.current?.remove();
      spot.current = null;
    };
  }, []);
  const [lon, lat] = at ?? [null, null];
  const ready = state.value === "ready";
  const shown = theme.value;
  useEffect(() => {
    spot.current?.show(lon === null || lat === null ? null : [lon, lat], zone);
  }, [lon, lat, zone, ready]);
  useEffect(() => {
    spot.current?.repaint();
  }, [shown, ready]);
  return (
    <div class="picker" data-state={state.value}>
      <div
        class="picker-map"
        ref={box}
        role="img"
        aria-label={lon === null ? t("sensors.no_position") : t("sensors.position")}
      />
      <p class="field-hint">
        {state.value === "failed"
          ? t("sensors.no_map")
          : onPick
            ? t("sensors.pick_hint")
            : t("sensors.position")}
      </p>
    </div>
  );
}
