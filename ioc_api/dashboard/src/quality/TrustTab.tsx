import { useEffect, useMemo } from "preact/hooks";
import { word } from "../alerts/words";
import type { Quality, Verdict } from "../api/quality";
import { formatNumber } from "../format";
import { historyOf } from "../history/view";
import { nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { exactly, when } from "../parts/moment";
import { Trouble } from "../parts/Trouble";
import { now } from "../store/clock";
import { Listed } from "../store/lists";
import { language } from "../store/prefs";
import { domains, liveZones, zones } from "../store/registry";
import { addressOf, note, place } from "../store/route";
import { Select } from "./Select";
import { ZoneDays } from "./ZoneDays";

const VERDICTS: readonly Verdict[] = ["untrusted", "unknown", "trusted"];
const MARKS = { trusted: "online", untrusted: "offline", unknown: "never_seen" } as const;
const REASONS = [
  "quarantined", "stuck", "drift", "jumps", "incomplete", "clock_ahead", "clock_behind", "faulty", "calibrating",
  "metric_missing", "too_little",
] as const; // biome-ignore format: one list

/** The technicians' list: whom not to trust and why, and what to do about it; as a file, on paper. */
export function TrustTab() {
  const { query } = place.value;
  const list = useMemo(() => new Listed<Quality>(), []);
  const wanted = Object.fromEntries(
    ["zone", "domain", "verdict", "reason"].map((name) => [name, query.get(name) ?? ""]),
  ) as Record<"zone" | "domain" | "verdict" | "reason", string>;
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) if (value !== "") asked.set(name, value);
  const path = `quality?${asked}${asked.size > 0 ? "&" : ""}limit=100`;
  useEffect(() => void list.read(path), [path]);
  const put = (part: Partial<typeof wanted>): void => {
    const next = Object.entries({ ...wanted, ...part }).filter(([, value]) => value !== "");
    note("quality", "sensors", Object.fromEntries(next));
  };
  const items = list.items.value ?? [];
  const any: [string, string] = ["", t("quality.any")];
  return (
    <div class="cards trust">
      <section class="card card-wide" aria-busy={list.busy.value}>
        <div class="filters no-print">
          <Select
            name="verdict"
            label={t("trust.verdict")}
            value={wanted.verdict}
            options={[any, ...VERDICTS.map((v) => [v, t(`trust.${v}`)] as const)]}
            onValue={(verdict) => put({ verdict })}
          />
          <Select
            name="domain"
            label={t("quality.domain")}
            value={wanted.domain}
            options={[any, ...domains.value.map((d) => [d.code, nameOf(d)] as const)]}
            onValue={(domain) => put({ domain })}
          />
          <Select
            name="zone"
            label={t("quality.ward")}
            value={wanted.zone}
            options={[any, ...liveZones.value.map((z) => [z.code, nameOf(z)] as const)]}
            onValue={(zone) => put({ zone })}
          />
          <Select
            name="reason"
            label={t("quality.reason")}
            value={wanted.reason}
            options={[any, ...REASONS.map((r) => [r, t(`distrust.${r}`)] as const)]}
            onValue={(reason) => put({ reason })}
          />
          <div class="do-buttons">
            <a
              class="act act-link"
              data-act="csv"
              href={`/api/v1/quality?${csvOf(asked)}`}
              download="quality.csv"
            >
              {t("trust.csv")}
            </a>
            <button type="button" class="act" data-act="print" onClick={() => window.print()}>
              {t("trust.print")}
            </button>
          </div>
        </div>
        <p class="print-only">{t("trust.printed", { at: exactly(new Date(now.value).toISOString()) })}</p>
        <p class="dim">{t("trust.help")}</p>
        <Trouble list={list} />
        {list.items.value !== null && items.length === 0 && <p class="quality-calm">{t("trust.none")}</p>}
        {items.length > 0 && <Table items={items} />}
        {list.next.value !== null && (
          <button type="button" class="alerts-more no-print" data-act="more" onClick={() => list.more(path)}>
            {t(list.busy.value ? "list.waiting" : "list.more")}
          </button>
        )}
      </section>
      <ZoneDays zone={wanted.zone} domain={wanted.domain} />
    </div>
  );
}

function csvOf(asked: URLSearchParams): string {
  const query = new URLSearchParams(asked);
  query.set("format", "csv");
  return query.toString();
}

function Table({ items }: { items: readonly Quality[] }) {
  return (
    <div class="table-box">
      <table class="table table-trust">
        <thead>
          <tr>
            <th scope="col">{t("trust.score")}</th>
            <th scope="col">{t("trust.sensor")}</th>
            <th scope="col">{t("trust.why")}</th>
            <th scope="col">{t("trust.complete")}</th>
            <th scope="col" class="no-print">
              {t("trust.judged")}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((q) => (
            <Row key={q.sensor_id} quality={q} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ quality: q }: { quality: Quality }) {
  const zone = zones.value.find((z) => z.code === q.zone);
  const domain = domains.value.find((d) => d.code === q.domain);
  const where = [domain && nameOf(domain), zone ? nameOf(zone) : q.zone, q.place].filter(Boolean).join(" · ");
  const vi = language.value === "vi";
  const metrics = (domain?.metrics ?? []).slice(0, 4).map((m) => `${q.domain}/${m.name}`);
  return (
    <tr data-sensor={q.sensor_id} data-verdict={q.verdict}>
      <td class="trust-score">
        <span class="number">{q.score === null ? "–" : formatNumber(q.score)}</span>
        <span class="trust-verdict">
          <Mark of={MARKS[q.verdict]} /> {word(`trust.${q.verdict}`, q.verdict)}
        </span>
      </td>
      <th scope="row">
        <a href={addressOf("sensors", q.sensor_id)}>{q.name || q.sensor_id}</a>
        {q.name !== "" && <code class="dim trust-id">{q.sensor_id}</code>}
        <span class="dim trust-where">{where}</span>
        <a class="no-print" href={historyOf({ sensors: [q.sensor_id], metrics })}>
          {t("trust.history")}
        </a>
      </th>
      <td>
        {q.reasons.length === 0 && <span class="dim">{t("trust.well")}</span>}
        <ul class="trust-reasons">
          {q.reasons.map((reason) => (
            <li key={reason.code} data-reason={reason.code}>
              <span class="trust-points number">−{formatNumber(reason.points)}</span>
              <span>
                {capital(vi ? reason.vi : reason.en)}
                <span class="trust-advice">{vi ? reason.advice_vi : reason.advice_en}</span>
              </span>
            </li>
          ))}
        </ul>
      </td>
      <td class="number">
        {q.figures.completeness === null ? "–" : `${formatNumber(q.figures.completeness * 100)} %`}
      </td>
      <td class="number no-print">{when(q.at)}</td>
    </tr>
  );
}

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
