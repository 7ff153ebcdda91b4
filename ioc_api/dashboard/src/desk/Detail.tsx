import { useEffect, useRef } from "preact/hooks";
import { AlertBody } from "../alerts/AlertBody";
import { actsOf } from "../alerts/acts";
import { t } from "../i18n";
import { isOpen } from "../store/alerts";
import { detail, trouble } from "../store/detail";
import { may } from "../store/me";
import { Deeds } from "./Bar";
import { known, look } from "./state";

/** The alert that is looked at, beside the list. */
export function Detail({ id, focus, onClose }: { id: number; focus: boolean; onClose: () => void }) {
  const head = useRef<HTMLHeadingElement>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const shown = detail.value?.whole.id === id ? detail.value : null;
  const alert = shown?.whole ?? known.value.get(id);
  useEffect(() => {
    if (scroll.current) scroll.current.scrollTop = 0;
    if (focus) head.current?.focus({ preventScroll: true });
  }, [id]);
  const acts = alert ? actsOf(alert) : [];
  // What is over is told to nobody any more, so that there is nothing to mute.
  const deeds = alert && isOpen(alert) ? [...acts, "silence" as const] : acts;
  return (
    <section class="desk-detail" data-view={id} data-revision={alert?.revision} aria-labelledby="alert-title">
      <header class="alert-head">
        <button type="button" class="alert-back" onClick={onClose}>
          ← {t("alert.back")}
        </button>
        <span class="dim">{t("alert.number", { number: id })}</span>
        <button
          type="button"
          class="close"
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          onClick={() => look(null)}
        >
          ×
        </button>
      </header>
      {trouble.value === "unreachable" && (
        <p class="alert-trouble" role="status">
          {t("alert.unreachable")}
        </p>
      )}
      <div class="alert-scroll" ref={scroll}>
        <AlertBody id={id} alert={alert} shown={shown} head={head}>
          {may("alerts.act") || may("silences.write") ? (
            <div class="do-buttons desk-do">
              <Deeds list={deeds} due={deeds[0]} only={id} />
            </div>
          ) : (
            <p class="dim do-not">{t("do.forbidden")}</p>
          )}
        </AlertBody>
      </div>
    </section>
  );
}
