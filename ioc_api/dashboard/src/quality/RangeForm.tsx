import { useSignal } from "@preact/signals";
import { send } from "../api/http";
import type { Bounds } from "../api/quarantine";
import { formatNumber } from "../format";
import { nameOf, t, unitOf } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { domains } from "../store/registry";
import { numberIn } from "./fix";
import { Select } from "./Select";

interface Props {
  domain: string;
  /** what the collector said: it begins with the metric */
  detail: string;
  onSuppose: (bounds: Bounds) => void;
  onDone: () => void;
}

/** Widen the plausible range of a metric, where the instrument is right. */
export function RangeForm({ domain, detail, onSuppose, onDone }: Props) {
  const metrics = domains.value.find((d) => d.code === domain)?.metrics ?? [];
  const said = metrics.find((m) => new RegExp(`(^|; |: )${m.name}(:[\\w.-]+)? `).test(detail));
  const name = useSignal(said?.name ?? metrics[0]?.name ?? "");
  const metric = metrics.find((m) => m.name === name.value);
  const low = useSignal<string | null>(null);
  const high = useSignal<string | null>(null);
  const deed = useDeed();
  if (metric === undefined) return null;
  const text = (value: number): string => String(value).replace(".", ",");
  const bounds = (): Bounds | null => {
    const least = numberIn(low.value ?? text(metric.low));
    const most = numberIn(high.value ?? text(metric.high));
    if (least === null || most === null || least >= most) {
      deed.lacks(t("fixlack.range"));
      return null;
    }
    return { domain, metric: metric.name, low: least, high: most };
  };
  return (
    <form
      class="form fix-part"
      data-part="range"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = bounds();
        if (wanted === null) return;
        const body = { low: wanted.low, high: wanted.high };
        void deed
          .run(async () => {
            await send("PUT", `metrics/${domain}/${metric.name}`, body);
            widened(domain, metric.name, body);
            low.value = high.value = null;
          }, t("quality.range_set"))
          .then((done) => done && onDone());
      }}
    >
      <h4>{t("quality.range")}</h4>
      <p class="dim">
        {t("quality.range_help", {
          metric: nameOf(metric),
          low: formatNumber(metric.low, Number.isInteger(metric.low) ? 0 : 2),
          high: formatNumber(metric.high, Number.isInteger(metric.high) ? 0 : 2),
          unit: unitOf(metric.unit),
        })}
      </p>
      <div class="form-row">
        <Select
          name="range-metric"
          label={t("quality.metric")}
          value={name.value}
          options={metrics.map((m) => [m.name, nameOf(m)])}
          onValue={(value) => {
            name.value = value;
            low.value = null;
            high.value = null;
          }}
        />
        <Field
          name="range-low"
          label={t("quality.low")}
          value={low.value ?? text(metric.low)}
          onValue={(value) => {
            low.value = value;
          }}
        />
        <Field
          name="range-high"
          label={t("quality.high")}
          value={high.value ?? text(metric.high)}
          onValue={(value) => {
            high.value = value;
          }}
        />
      </div>
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          data-act="suppose"
          onClick={() => {
            const wanted = bounds();
            if (wanted !== null) onSuppose(wanted);
          }}
        >
          {t("quality.range_try")}
        </button>
        <button type="submit" class="act" data-act="range">
          {t("quality.range_do")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}

/** The next form begins with what holds now. */
function widened(domain: string, metric: string, bounds: { low: number; high: number }): void {
  domains.value = domains.value.map((of) =>
    of.code === domain
      ? { ...of, metrics: of.metrics.map((m) => (m.name === metric ? { ...m, ...bounds } : m)) }
      : of,
  );
}
