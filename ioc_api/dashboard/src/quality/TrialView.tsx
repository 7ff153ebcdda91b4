import { word } from "../alerts/words";
import type { Tried } from "../api/quarantine";
import { formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { Mark } from "../marks/Mark";
import { exactly } from "../parts/moment";
import { metricsOf } from "../store/registry";
import { detailSaid } from "./said";

/** What a replay would do: how much would be stored, what was there already, what would still be wrong and why. */
export function TrialView({ trial, supposed }: { trial: Tried; supposed: boolean }) {
  const good = trial.stay === 0 && trial.enter > 0;
  return (
    <div class="trial" data-trial data-good={good}>
      <p class="trial-head">
        <Mark of={good ? "online" : trial.enter > 0 ? "late" : "offline"} />{" "}
        <strong>
          {t("dryrun.head", {
            enter: formatNumber(trial.enter),
            tried: formatNumber(trial.tried),
          })}
        </strong>
      </p>
      {trial.tried < trial.items && (
        <p class="dim">
          {t("dryrun.part", { tried: formatNumber(trial.tried), items: formatNumber(trial.items) })}
        </p>
      )}
      <dl class="trial-counts">
        {(["stored", "duplicate", "wrong"] as const).map((name) => (
          <div key={name} data-count={name}>
            <dt>{t(`dryrun.${name}`)}</dt>
            <dd class="number">{formatNumber(trial[name])}</dd>
          </div>
        ))}
      </dl>
      {trial.why.length > 0 && (
        <ul class="trial-why">
          {trial.why.map((why) => (
            <li key={`${why.reason} ${why.item}`}>
              <strong>{word(`quarantine.${why.reason}`, why.reason)}</strong>{" "}
              <span class="dim">{t("dryrun.items", { count: formatNumber(why.items) })}</span>
              <span class="trial-detail">{detailSaid(why.detail)}</span>
            </li>
          ))}
        </ul>
      )}
      {trial.examples.slice(0, 1).map((example) => (
        <details key={example.item} class="trial-example" open={example.readings.length > 0}>
          <summary>{t("dryrun.example")}</summary>
          {example.readings.length > 0 && (
            <div class="table-box">
              <table class="table">
                <tbody>
                  {example.readings.map((r) => (
                    <tr key={`${r.at} ${r.channel} ${r.metric}`}>
                      <td>
                        <code>{r.sensor}</code>
                      </td>
                      <td class="number">{exactly(r.at)}</td>
                      <td>
                        {metricName(r.metric)}
                        {r.channel !== "" && ` (${r.channel})`}
                      </td>
                      <td class="number right">
                        {formatNumber(r.value, decimals(r.value))} {unitOf(r.unit)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {example.faults.map((fault) => (
            <p key={fault} class="dim">
              {detailSaid(fault)}
            </p>
          ))}
          {example.becomes !== null && <pre class="becomes">{example.becomes}</pre>}
        </details>
      ))}
      {supposed && <p class="dim">{t("dryrun.supposed")}</p>}
      <p class="dim">{t("dryrun.nothing_kept")}</p>
    </div>
  );
}

function decimals(value: number): number {
  return Number.isInteger(value) ? 0 : Math.min(3, `${value}`.split(".")[1]?.length ?? 0);
}

function metricName(name: string): string {
  for (const [key, metric] of metricsOf.value) if (key.endsWith(`/${name}`)) return nameOf(metric);
  return name;
}
