import { useEffect, useRef } from "preact/hooks";
import type { Alert } from "../api/alerts";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { alerts } from "../store/alerts";
import { detail, trouble } from "../store/detail";
import { language } from "../store/prefs";
import { sensors } from "../store/registry";
import { alertId, leave } from "../store/route";
import { selectedSensor, selectedZone } from "../store/selection";
import { ActionForm } from "./ActionForm";
import { AlertFacts, MoreFacts } from "./AlertFacts";
import { Badges, Standing } from "./AlertRow";
import { Mutings, Story, ToldList } from "./Story";
import { placeOf, word } from "./words";

/** All that is known of the alert that the address names, and what a person can do about it. */
export function AlertView({ id }: { id: number }) {
  const head = useRef<HTMLHeadingElement>(null);
  const toMap = useRef(false);
  const shown = detail.value?.whole.id === id ? detail.value : null;

  // Whoever came by the keyboard goes on from here, and back to where they came from.
  useEffect(() => {
    head.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    const keys = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) leave();
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
        <h2 id="alert-title" tabIndex={-1} ref={head}>
          {alert ? (
            <>
              <SeverityMark of={alert.severity} />
              {nameOf(alert)}
            </>
          ) : (
            t(trouble.value === "missing" ? "alert.missing" : "alert.loading", { number: id })
          )}
        </h2>
        {alert && (
          <>
            <p class="alert-sum" data-severity={alert.severity}>
              <span class="alert-severity">{t(`severity.${alert.severity}`)}</span>
              <span class="dim">{word(`kind.${alert.kind}`, alert.kind)}</span>
              <Standing alert={alert} />
              <Badges alert={alert} />
            </p>
            <p class="alert-where">
              <span>{whereabouts(alert)}</span>
              <MapLink
                alert={alert}
                onGo={() => {
                  toMap.current = true;
                }}
              />
            </p>
            {alert.retroactive && <p class="dim">{t("alert.retroactive")}</p>}
            <AlertFacts alert={alert} />
            {shown?.why?.rule[`advice_${language.value}`] && (
              <div class="alert-advice">
                <h3>{t("alert.advice")}</h3>
                <p>{shown.why.rule[`advice_${language.value}`]}</p>
              </div>
            )}
            <ActionForm key={id} alert={alert} />
          </>
        )}
        {shown && (
          <>
            <h3>{t("alert.story")}</h3>
            <Story flips={shown.whole.flips} alert={shown.whole} />
            <h3>{t("alert.told")}</h3>
            <ToldList told={shown.whole.notifications} />
            {shown.why && shown.why.muted.length > 0 && (
              <>
                <h3>{t("alert.muted")}</h3>
                <Mutings muted={shown.why.muted} />
              </>
            )}
            <h3>{t("alert.more")}</h3>
            <MoreFacts alert={shown.whole} why={shown.why} />
          </>
        )}
      </div>
    </section>
  );
}

/** With the place, where the sensor's name does not say it already. */
function whereabouts(alert: Alert): string {
  const parts = placeOf(alert);
  const { place } = alert;
  if (place && !parts.some((part) => part.includes(place))) parts.push(place);
  return parts.join(" · ");
}

/** Point at it on our own map, where it has a place there. */
function MapLink({ alert, onGo }: { alert: Alert; onGo: () => void }) {
  const sensor = alert.sensor_id === null ? undefined : sensors.value.get(alert.sensor_id);
  const placed = sensor !== undefined && sensor.lat !== null;
  if (!placed && alert.zone === null) return null;
  const point = (): void => {
    selectedZone.value = alert.zone;
    selectedSensor.value = placed ? alert.sensor_id : null;
    onGo();
    leave();
  };
  return (
    <button type="button" class="text-button" data-map-link onClick={point}>
      {t("alert.map")}
    </button>
  );
}
