import type { ComponentChildren, RefObject } from "preact";
import type { Alert } from "../api/alerts";
import { nameOf, t } from "../i18n";
import { SeverityMark } from "../marks/SeverityMark";
import { ReplayLink } from "../replay/ReplayLink";
import { type Detail, trouble } from "../store/detail";
import { language } from "../store/prefs";
import { leave } from "../store/route";
import { selectedSensor, selectedZone } from "../store/selection";
import { AlertFacts, MoreFacts } from "./AlertFacts";
import { Badges, Standing } from "./AlertRow";
import { Mutings, Story, ToldList } from "./Story";
import { Values } from "./Values";
import { Why } from "./Why";
import { placeOf, word } from "./words";

interface Props {
  id: number;
  /** what is known of it at once; undefined: nothing yet */
  alert: Alert | undefined;
  /** all of it, when it has come */
  shown: Detail | null;
  head: RefObject<HTMLHeadingElement | null>;
  /** what can be done about it */
  children: ComponentChildren;
  /** somebody goes to its place on the map */
  onMap?: () => void;
}

/** All that is known of an alert, from what must be known to act to what explains it. */
export function AlertBody({ id, alert, shown, head, children, onMap }: Props) {
  const advice = shown?.why?.rule[`advice_${language.value}`];
  return (
    <>
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
            <MapLink alert={alert} onGo={onMap} />
            <ReplayLink alert={alert} />
          </p>
          {alert.retroactive && <p class="dim">{t("alert.retroactive")}</p>}
          <AlertFacts alert={alert} />
          {advice && (
            <div class="alert-advice">
              <h3>{t("alert.advice")}</h3>
              <p>{advice}</p>
            </div>
          )}
          {children}
        </>
      )}
      {shown && (
        <>
          {shown.why && <Values key={`values ${id}`} alert={shown.whole} why={shown.why} />}
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
          {shown.why && <Why alert={shown.whole} why={shown.why} />}
          <h3>{t("alert.more")}</h3>
          <MoreFacts alert={shown.whole} why={shown.why} />
        </>
      )}
    </>
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
function MapLink({ alert, onGo }: { alert: Alert; onGo: (() => void) | undefined }) {
  const placed = alert.sensor_id !== null && alert.lat !== null;
  if (!placed && alert.zone === null) return null;
  const point = (): void => {
    selectedZone.value = alert.zone;
    selectedSensor.value = placed ? alert.sensor_id : null;
    onGo?.();
    leave();
  };
  return (
    <button type="button" class="text-button" data-map-link onClick={point}>
      {t("alert.map")}
    </button>
  );
}
