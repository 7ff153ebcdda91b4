import { useSignal } from "@preact/signals";
import { post } from "../api/http";
import type { Imported } from "../api/sensors";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Outcome } from "../parts/Outcome";
import { tellChanged } from "./changing";

const COLUMNS = "sensor_id,area,domain,zone,name,site,place,lat,lon,interval_s,parent,metrics,status,tags";
/** The API takes no more at once. */
const LETTERS = 900_000;

/** A registry as a file: what it would bring is shown first, and kept when somebody says so. */
export function ImportFile({ back }: { back: string }) {
  /** What was tried, and what can be kept: the very same. */
  const csv = useSignal<string | null>(null);
  const said = useSignal<Imported | null>(null);
  const deed = useDeed();
  const ask = (keep: boolean): Promise<boolean> =>
    deed.run(
      async () => {
        said.value = await post<Imported>("registry/import", { csv: csv.peek() ?? "", keep });
        if (keep) tellChanged();
      },
      keep ? t("sensors.imported") : t("sensors.tried"),
    );
  const take = async (file: File | undefined): Promise<void> => {
    said.value = null;
    csv.value = null;
    if (file === undefined) return;
    // Of letters that take three bytes there are so many.
    if (file.size > 3 * LETTERS) {
      deed.lacks(t("sensors.too_large"));
      return;
    }
    let bytes: ArrayBuffer;
    try {
      bytes = await file.arrayBuffer();
    } catch (cause) {
      console.info(cause);
      deed.lacks(t("sensors.not_read"));
      return;
    }
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      deed.lacks(t("sensors.not_utf8"));
      return;
    }
    if (text.length > LETTERS) {
      deed.lacks(t("sensors.too_large"));
      return;
    }
    csv.value = text;
    await ask(false);
  };
  const found = said.value;
  const some = found !== null && found.new + found.changed > 0;
  return (
    <section class="card beside-one" data-view-import>
      <div class="person-head">
        <h2>{t("sensors.import_title")}</h2>
        <a class="close" href={back} title={t("sensor.close")} aria-label={t("sensor.close")}>
          ×
        </a>
      </div>
      <p>{t("sensors.import_help")}</p>
      <p class="dim">
        <code>{COLUMNS}</code>
      </p>
      <label class="field">
        <span>{t("sensors.file")}</span>
        <input
          type="file"
          accept=".csv,text/csv"
          name="registry-file"
          disabled={deed.busy.value}
          onClick={(event) => {
            // The same name again is a file that was mended.
            event.currentTarget.value = "";
          }}
          onChange={(event) => take(event.currentTarget.files?.[0])}
        />
      </label>
      {found && (
        <div data-import={found.kept ? "kept" : "tried"}>
          <p class="import-sum">
            {t(found.kept ? "sensors.import_done" : "sensors.import_would", {
              lines: formatNumber(found.lines),
              new: formatNumber(found.new),
              changed: formatNumber(found.changed),
              same: formatNumber(found.same),
            })}
          </p>
          {found.new_ids.length > 0 && (
            <p class="dim">
              {t("sensors.import_new")} {found.new_ids.slice(0, 12).join(", ")}
              {found.new > 12 && "…"}
            </p>
          )}
          <ul class="plain-list">
            {found.changes.slice(0, 12).map((one) => (
              <li key={one.sensor_id}>
                <strong>{one.sensor_id}</strong>{" "}
                {Object.keys(one.after).map((field) => (
                  <span key={field} class="import-change">
                    {field}: <del>{shown(one.before[field])}</del> → {shown(one.after[field])}
                  </span>
                ))}
              </li>
            ))}
          </ul>
          {!found.kept && some && (
            <div class="do-buttons">
              <button
                type="button"
                class="act"
                data-due="true"
                data-act="import-keep"
                onClick={() => ask(true)}
              >
                {t("sensors.import_keep")}
              </button>
            </div>
          )}
        </div>
      )}
      <Outcome deed={deed} />
    </section>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  return Array.isArray(value) ? value.join(" ") : String(value);
}
