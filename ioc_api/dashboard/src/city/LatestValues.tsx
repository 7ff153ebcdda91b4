import type { Latest, Metric } from "../api/types";
import { formatAge, formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { metricsOf } from "../store/registry";
import { mannerOf } from "./headline";

interface Props {
  /** by `metric/channel`; null: not told yet */
  values: ReadonlyMap<string, Latest> | null;
  domain: string;
  /** the moment that they are looked at, ms since 1970 */
  at: number;
}

/** What a sensor said last, and how old that is. */
export function LatestValues({ values, domain, at }: Props) {
  if (values === null) return <p class="dim">{t("sensor.loading")}</p>;
  if (values.size === 0) return <p class="dim">{t("sensor.no_values")}</p>;
  const order = [...metricsOf.value.keys()];
  const rank = (key: string): number => order.indexOf(`${domain}/${key.split("/")[0]}`);
  const rows = [...values].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  return (
    <table class="latest">
      <tbody>
        {rows.map(([key, item]) => (
          <LatestRow
            key={key}
            name={key}
            at={at}
            item={item}
            metric={metricsOf.value.get(`${domain}/${key.split("/")[0]}`)}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  name: string;
  at: number;
  item: Latest;
  metric: Metric | undefined;
}

function LatestRow({ name: key, at, item, metric }: RowProps) {
  const [name = "", channel = ""] = key.split("/");
  const manner = metric ? mannerOf(metric) : { factor: 1, unit: "", digits: 2 };
  const binary = metric?.kind === "state";
  const age = Math.max(0, at - Date.parse(item.time)) / 1000;
  return (
    <tr data-latest={name} data-value={item.value ?? ""}>
      <th scope="row">
        {metric ? nameOf(metric) : name}
        {channel && <span class="dim"> {channel}</span>}
        {(item.quality === "calibrating" || item.quality === "fault") && (
          <span class="quality">{t(`quality.${item.quality}`)}</span>
        )}
      </th>
      <td class="right number">
        {binary && item.value !== null
          ? t(item.value >= 0.5 ? "state.on" : "state.off")
          : formatNumber(item.value === null ? null : item.value * manner.factor, manner.digits)}
      </td>
      <td class="unit">{binary ? "" : unitOf(manner.unit)}</td>
      <td class="right number dim">{formatAge(age)}</td>
    </tr>
  );
}
