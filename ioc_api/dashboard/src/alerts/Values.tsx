import { signal, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Alert, WhyAlert } from "../api/alerts";
import { get } from "../api/http";
import type { ChartProps, Threshold } from "../charts/model";
import { nameOf, t, unitOf } from "../i18n";
import { now } from "../store/clock";
import { linkTo } from "../store/route";
import { questionOf, type Stepped, seriesOf, spanOf } from "./around";
import { OFF_ON, quantity } from "./words";

/** What has changed since is looked for so often, while the alert goes on and somebody looks. */
const LOOK_MS = 60_000;

/** Charts are fetched when the first one is shown. */
const Chart = signal<ComponentType<ChartProps> | null>(null);

/** A small chart of the readings around it, with its threshold; nothing where its rule looks at no readings. */
export function Values({ alert, why }: { alert: Alert; why: WhyAlert }) {
  const found = useSignal<Stepped | null | undefined>(undefined);
  const failed = useSignal(false);
  const span = spanOf(alert, now.peek());
  const question = questionOf(alert, why, span);
  const ended = alert.resolved_at !== null;
  useEffect(() => {
    if (question === null) return;
    let gone = false;
    if (Chart.peek() === null)
      import("../charts/Chart")
        .then((m) => {
          Chart.value = m.Chart;
        })
        .catch((cause) => {
          console.warn(cause);
          if (!gone) failed.value = true;
        });
    const read = (): void => {
      const asked = questionOf(alert, why, spanOf(alert, now.peek()));
      get<{ series: Stepped[] }>(asked ?? "")
        .then(({ series }) => {
          if (gone) return;
          found.value = seriesOf(alert, series);
          failed.value = false;
        })
        .catch((cause) => {
          console.info(cause);
          if (!gone) failed.value = true;
        });
    };
    read();
    const again = ended
      ? undefined
      : setInterval(() => document.visibilityState === "visible" && read(), LOOK_MS);
    return () => {
      gone = true;
      clearInterval(again);
    };
  }, [alert.id, ended]);
  if (question === null) return null;
  const line = found.value;
  return (
    <div class="alert-values" data-values={alert.id}>
      <h3>{t("values.title")}</h3>
      {failed.value && !(line && Chart.value) ? (
        <p class="list-trouble" role="status">
          {t("values.failed")}
        </p>
      ) : line === undefined || Chart.value === null ? (
        <p class="dim">{t("list.waiting")}</p>
      ) : line === null ? (
        <p class="dim">{t("values.none")}</p>
      ) : (
        <Drawn alert={alert} line={line} />
      )}
    </div>
  );
}

function Drawn({ alert, line }: { alert: Alert; line: Stepped }) {
  const Plotted = Chart.value;
  if (Plotted === null) return null;
  const start = Date.parse(line.start) / 1000;
  const name = nameOf(line);
  // What is off or on: for which part of each step it was on.
  const share = line.unit === OFF_ON;
  const unit = share ? "%" : line.unit === "1" ? "" : unitOf(line.unit);
  const shown = (values: (number | null)[]): (number | null)[] =>
    share ? values.map((v) => (v === null ? null : v * 100)) : values;
  const thresholds: Threshold[] =
    alert.threshold !== null && alert.unit === line.unit
      ? [
          {
            value: share ? alert.threshold * 100 : alert.threshold,
            label: t("alert.limit", { limit: quantity(alert.threshold, alert) }),
            severity: alert.severity,
          },
        ]
      : [];
  const began = Date.parse(alert.started_at);
  return (
    <Plotted
      label={t("values.label", { name, number: alert.id })}
      height={170}
      series={[
        {
          name,
          unit,
          times: line.mean.map((_, i) => start + i * line.step_s),
          values: shown(line.mean),
          low: shown(line.min),
          high: shown(line.max),
        },
      ]}
      thresholds={thresholds}
      annotations={[
        {
          from: began,
          to: alert.resolved_at === null ? null : Date.parse(alert.resolved_at),
          severity: alert.severity,
          label: nameOf(alert),
          href: linkTo(alert.id),
        },
      ]}
    />
  );
}
