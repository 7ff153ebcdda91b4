import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { alerts } from "../store/alerts";
import { detail, trouble } from "../store/detail";
import { addressOf, alertId, leave } from "../store/route";
import { ActionForm } from "./ActionForm";
import { AlertBody } from "./AlertBody";

/** All that is known of the alert that the address names, and what a person can do about it: beside the map. */
export function AlertView({ id }: { id: number }) {
  const head = useRef<HTMLHeadingElement>(null);
  const toMap = useRef(false);
  const shown = detail.value?.whole.id === id ? detail.value : null;

  // Whoever came by the keyboard goes on from here, and back to where they came from.
  useEffect(() => {
    head.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    const keys = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      // First out of what is being written, which stays.
      if (holdsWords(event.target)) event.target.blur();
      else leave();
    };
    window.addEventListener("keydown", keys);
    return () => {
      window.removeEventListener("keydown", keys);
      // On a phone the map is further down the page.
      if (toMap.current) document.querySelector(".map-panel")?.scrollIntoView({ block: "center" });
      else if (alertId.peek() === null)
        document.querySelector<HTMLElement>(`[data-alert="${id}"] .alert-row`)?.focus();
    };
  }, [id]);

  // What the list knows is there at once, and while the server cannot be asked for the rest.
  const alert = shown?.whole ?? alerts.value.get(id);
  return (
    <section
      class="panel alert-view"
      data-view={id}
      data-revision={alert?.revision}
      aria-labelledby="alert-title"
    >
      <header class="alert-head">
        <button type="button" class="alert-back" onClick={leave}>
          ← {t("alert.back")}
        </button>
        <span class="dim">{t("alert.number", { number: id })}</span>
        <a class="text-button" href={addressOf("desk", String(id))}>
          {t("alert.on_desk")}
        </a>
        <button
          type="button"
          class="close"
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          onClick={leave}
        >
          ×
        </button>
      </header>
      {trouble.value === "unreachable" && (
        <p class="alert-trouble" role="status">
          {t("alert.unreachable")}
        </p>
      )}
      <div class="alert-scroll">
        <AlertBody
          id={id}
          alert={alert}
          shown={shown}
          head={head}
          onMap={() => {
            toMap.current = true;
          }}
        >
          {alert && <ActionForm key={id} alert={alert} />}
        </AlertBody>
      </div>
    </section>
  );
}

function holdsWords(at: EventTarget | null): at is HTMLTextAreaElement | HTMLInputElement {
  return (at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement) && at.value !== "";
}
