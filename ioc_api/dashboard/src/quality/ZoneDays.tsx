import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { getAll } from "../api/http";
import type { ZoneQuality } from "../api/quality";
import { Chart } from "../charts/Chart";
import { formatDate } from "../format";
import { half, nameOf, t } from "../i18n";
import { refusal } from "../parts/deed";
import { now } from "../store/clock";
import { zones } from "../store/registry";

const DAYS_MS = 30 * 86_400_000;

/** A zone day by day: what share of its sensors could be trusted, and how complete their reports were. */
export function ZoneDays({ zone, domain }: { zone: string; domain: string }) {
  const days = useSignal<ZoneQuality[] | null>(null);
  const trouble = useSignal<string | null>(null);
  const found = zones.value.find((z) => z.code === zone);
  useEffect(() => {
    if (zone === "") return;
    let gone = false;
    days.value = null;
    trouble.value = null;
    const query = new URLSearchParams({ zone, from: new Date(now.peek() - DAYS_MS).toISOString() });
    if (domain !== "") query.set("domain", domain);
    getAll<ZoneQuality>(`quality/zones?${query}`)
      .then((items) => {
        if (gone) return;
        days.value = items.filter((i) => i.zone === zone && (i.domain ?? "") === domain);
      })
      .catch((cause) => {
        if (!gone) trouble.value = refusal(cause);
      });
    return () => {
      gone = true;
    };
  }, [zone, domain]);
  if (zone === "") return <p class="dim card-wide no-print">{t("trust.choose_zone")}</p>;
  const rows = days.value ?? [];
  const times = rows.map((row) => Date.parse(`${row.day}T00:00:00+07:00`) / 1000);
  const share = (value: number | null): number | null => (value === null ? null : value * 100);
  return (
    <section class="card card-wide no-print" data-zone-days={zone} aria-busy={days.value === null}>
      <h2>{t("trust.days", { zone: found ? nameOf(found) : zone })}</h2>
      {trouble.value !== null && (
        <p class="list-trouble" role="alert">
          {half(trouble.value)}
        </p>
      )}
      {days.value === null && trouble.value === null && <p class="dim">{t("list.waiting")}</p>}
      {days.value !== null && rows.length === 0 && <p class="dim">{t("trust.no_days")}</p>}
      {rows.length === 1 && rows[0]?.day && (
        <p class="dim">{t("trust.one_day", { day: formatDate((times[0] ?? 0) * 1000) })}</p>
      )}
      {rows.length > 0 && (
        <Chart
          label={t("trust.days", { zone: found ? nameOf(found) : zone })}
          height={180}
          series={[
            {
              name: t("trust.share"),
              unit: "%",
              times,
              values: rows.map((r) => share(r.share_trusted)),
              stepped: true,
            },
            {
              name: t("trust.complete"),
              unit: "%",
              times,
              values: rows.map((r) => share(r.completeness)),
              stepped: true,
            },
          ]}
        />
      )}
    </section>
  );
}
