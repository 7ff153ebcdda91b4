import type { Leaf } from "../api/quarantine";
import type { Metric } from "../api/types";
import { nameOf, t, unitOf } from "../i18n";
import type { Line } from "./fix";

interface Props {
  lines: Record<string, Line>;
  leaves: readonly Leaf[];
  metrics: readonly Metric[];
  onLines: (lines: Record<string, Line>) => void;
}

/** Each value of the message: which metric it is, by what it is multiplied, what is added; or that it is left out. */
export function ValuesForm({ lines, leaves, metrics, onLines }: Props) {
  const put = (path: string, part: Partial<Line>): void => {
    const line = lines[path] ?? { metric: "", factor: "1", add: "0" };
    onLines({ ...lines, [path]: { ...line, ...part } });
  };
  return (
    <div class="table-box">
      <table class="table table-values">
        <caption class="dim">{t("quality.values_help")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("quality.value")}</th>
            <th scope="col">{t("quality.is")}</th>
            <th scope="col">{t("quality.factor")}</th>
            <th scope="col">{t("quality.add")}</th>
          </tr>
        </thead>
        <tbody>
          {leaves.map(({ path, value }) => {
            const line = lines[path] ?? { metric: "", factor: "1", add: "0" };
            return (
              <tr key={path} data-path={path} data-taken={line.metric !== ""}>
                <th scope="row">
                  <code>{path}</code>
                  <span class="dim leaf-value">{value}</span>
                </th>
                <td>
                  <select
                    aria-label={t("quality.metric_of", { path })}
                    value={line.metric}
                    onChange={(event) => put(path, { metric: event.currentTarget.value })}
                  >
                    <option value="">{t("quality.left_out")}</option>
                    {metrics.map((metric) => (
                      <option key={metric.name} value={metric.name}>
                        {nameOf(metric)} ({unitOf(metric.unit) || metric.name})
                      </option>
                    ))}
                  </select>
                </td>
                {(["factor", "add"] as const).map((field) => (
                  <td key={field}>
                    <input
                      type="text"
                      inputMode="decimal"
                      size={6}
                      aria-label={t(`quality.${field}_of`, { path })}
                      value={line[field]}
                      disabled={line.metric === ""}
                      onInput={(event) => put(path, { [field]: event.currentTarget.value })}
                    />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
