import type { Leaf } from "../api/quarantine";
import { nameOf, t } from "../i18n";
import { Field } from "../parts/Field";
import { domains } from "../store/registry";
import { type Draft, linesOf, type TimeForm } from "./fix";
import { Select } from "./Select";
import { ValuesForm } from "./ValuesForm";

const FORMS: readonly TimeForm[] = ["keep", "iso", "dmy", "s", "ms", "receipt"];

interface Props {
  draft: Draft;
  leaves: readonly Leaf[];
  domain: string;
  onDomain: (code: string) => void;
  /** the domain is that of the topic */
  fixed: boolean;
  onDraft: (draft: Draft) => void;
}

/** How messages are to be read: whose they are, when they are of, which value is what. */
export function FixForm({ draft, leaves, domain, onDomain, fixed, onDraft }: Props) {
  const put = (part: Partial<Draft>): void => onDraft({ ...draft, ...part });
  const metrics = domains.value.find((d) => d.code === domain)?.metrics ?? [];
  const times = leaves.filter((l) => /^(time|time without offset|number|number in text|text)$/.test(l.kind));
  const json = leaves.length > 0;
  return (
    <div class="form fix-form">
      {!json && <p class="dim">{t("quality.no_json")}</p>}
      <div class="form-row">
        <Select
          name="whose"
          label={t("quality.whose")}
          value={draft.whose}
          options={(["topic", "id", "level", ...(json ? (["from"] as const) : [])] as const).map((one) => [
            one,
            t(`whose.${one}`),
          ])}
          onValue={(value) => put({ whose: value as Draft["whose"], sensor: "" })}
        />
        {draft.whose === "id" && (
          <Field
            name="whose-id"
            label={t("quality.sensor_id")}
            value={draft.sensor}
            onValue={(sensor) => put({ sensor })}
            code
          />
        )}
        {draft.whose === "level" && (
          <Field
            name="whose-level"
            label={t("quality.level")}
            value={draft.level}
            onValue={(level) => put({ level })}
          />
        )}
        {draft.whose === "from" && (
          <Select
            name="whose-from"
            label={t("quality.path")}
            value={draft.sensor}
            options={[
              ["", "–"],
              ...leaves.map((l) => [l.path, `${l.path} = ${l.value}`] as [string, string]),
            ]}
            onValue={(sensor) => put({ sensor })}
          />
        )}
        {!fixed && json && (
          <Select
            name="fix-domain"
            label={t("quality.domain")}
            value={domain}
            options={[["", "–"], ...domains.value.map((d) => [d.code, nameOf(d)] as [string, string])]}
            onValue={onDomain}
          />
        )}
      </div>
      {json && (
        <>
          <div class="form-row">
            <Select
              name="time"
              label={t("quality.time")}
              value={draft.time}
              options={FORMS.map((one) => [one, t(`fixtime.${one}`)])}
              onValue={(value) => put({ time: value as TimeForm })}
            />
            {draft.time !== "keep" && draft.time !== "receipt" && (
              <Select
                name="time-from"
                label={t("quality.time_from")}
                value={draft.timeFrom}
                options={withChosen(draft.timeFrom, times)}
                onValue={(timeFrom) => put({ timeFrom })}
              />
            )}
            {(draft.time === "iso" || draft.time === "dmy") && (
              <Field
                name="zone"
                label={t("quality.zone")}
                value={draft.zone}
                onValue={(zone) => put({ zone })}
              />
            )}
            {draft.time !== "keep" && draft.time !== "receipt" && (
              <Field
                name="shift"
                label={t("quality.shift")}
                value={draft.shift}
                onValue={(shift) => put({ shift })}
              />
            )}
          </div>
          <label class="choice">
            <input
              type="checkbox"
              name="numbers"
              checked={draft.numbers}
              onChange={(event) => put({ numbers: event.currentTarget.checked })}
            />
            {t("quality.numbers")}
          </label>
          <label class="choice">
            <input
              type="checkbox"
              name="choose"
              checked={draft.values !== null}
              disabled={metrics.length === 0}
              onChange={(event) =>
                put({ values: event.currentTarget.checked ? linesOf(leaves, metrics) : null })
              }
            />
            {t(metrics.length === 0 ? "quality.choose_first" : "quality.choose")}
          </label>
          {draft.values !== null && metrics.length > 0 && (
            <ValuesForm
              lines={draft.values}
              leaves={leaves}
              metrics={metrics}
              onLines={(values) => put({ values })}
            />
          )}
        </>
      )}
    </div>
  );
}

/** Paths of times; the chosen one is there in any case. */
function withChosen(chosen: string, times: readonly Leaf[]): [string, string][] {
  const found = times.map((l) => [l.path, `${l.path} = ${l.value}`] as [string, string]);
  return found.some(([path]) => path === chosen) ? found : [[chosen, chosen], ...found];
}
