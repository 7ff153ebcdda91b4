import { digitsOf } from "../charts/axes";
import { LineSign } from "../charts/Legend";
import { formatNumber } from "../format";
import { t, unitOf } from "../i18n";
import { figuresOf, type Trace } from "./answers";
import { factorOf, type Panel } from "./panels";

/** Of each line its ends, its middle, how much of it there is and how good that is. */
export function Summary({ panels }: { panels: readonly Panel[] }) {
  return (
    <section class="card card-wide">
      <h2>{t("history.summary")}</h2>
      <div class="table-box">
        <table class="table history-summary">
          <thead>
            <tr>
              <th scope="col">{t("history.line")}</th>
              {(["low", "mean", "high", "last", "complete"] as const).map((name) => (
                <th key={name} scope="col" class="right">
                  {t(`history.${name}`)}
                </th>
              ))}
              <th scope="col">{t("history.quality")}</th>
            </tr>
          </thead>
          <tbody>
            {panels.flatMap((panel) =>
              panel.traces.map((_, i) => <Row key={`${panel.unit} ${i}`} panel={panel} i={i} />),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ panel, i }: { panel: Panel; i: number }) {
  const [line, trace] = [panel.lines[i], panel.traces[i]];
  if (line === undefined || trace === undefined) return null;
  const figures = figuresOf(trace);
  const factor = factorOf(trace);
  const said = (value: number | null): string =>
    value === null
      ? "–"
      : `${formatNumber(value * factor, line.digits ?? digitsOf(value * factor))} ${line.unit === "1" ? "" : unitOf(line.unit)}`;
  const { complete } = trace.about;
  return (
    <tr data-compare={trace.compare ?? ""}>
      <th scope="row">
        <span class="history-line">
          <LineSign line={line} slot={i} />
          {panel.whole[i]}
        </span>
      </th>
      {(["low", "mean", "high", "last"] as const).map((name) => (
        <td key={name} class="right number" data-name={t(`history.${name}`)}>
          {said(figures[name])}
        </td>
      ))}
      <td class="right number" data-name={t("history.complete")}>
        {complete === null ? "–" : `${formatNumber(complete, 1)} %`}
      </td>
      <td data-name={t("history.quality")}>{qualityText(trace)}</td>
    </tr>
  );
}

function qualityText({ about, source }: Trace): string {
  const faults = about.quality?.fault ?? 0;
  const left = about.left_out ?? 0;
  const words = [
    ...(source.startsWith("sensor:") ? [trusted(about.trusted)] : []),
    ...(faults > 0 ? [t("history.faults", { count: formatNumber(faults) })] : []),
    ...(left > 0 ? [t("history.sensors_left", { count: formatNumber(left) })] : []),
  ];
  return words.length === 0 ? "–" : words.join("; ");
}

function trusted(state: boolean | null | undefined): string {
  return t(state === true ? "history.trusted" : state === false ? "history.untrusted" : "history.unjudged");
}
