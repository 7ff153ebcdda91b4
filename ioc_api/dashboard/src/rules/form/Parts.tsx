import { word } from "../../alerts/words";
import { SEVERITIES } from "../../api/alerts";
import { nameOf, t, unitOf } from "../../i18n";
import { DateTime } from "../../parts/DateTime";
import { allDepartments } from "../../store/departments";
import { areas, domains, liveZones } from "../../store/registry";
import { dayText } from "../amounts";
import { listOf, textOf } from "./draft";
import type { Editing } from "./editing";
import { CONDITIONS, type FieldSpec, HEAD, HOLDS, INDICES, KINDS, SCOPE, TELLING, TYPES } from "./fields";
import { Codes, fieldName, Line, Pick, Said, Some } from "./Line";

const spec = (list: readonly FieldSpec[], path: string): FieldSpec =>
  list.find((one) => one.path === path) ?? { path, kind: "text" };

/** What it is. */
export function Head({ ed }: { ed: Editing }) {
  return (
    <>
      <div class="form-row">
        {ed.seen.value === null && <Line ed={ed} spec={spec(HEAD, "code")} hint={t("rules.code_hint")} />}
        <Pick
          ed={ed}
          spec={spec(HEAD, "kind")}
          none={t("grant.choose")}
          options={KINDS.map((code) => ({ code, text: word(`kind.${code}`, code) }))}
        />
        <Pick
          ed={ed}
          spec={spec(HEAD, "severity")}
          options={SEVERITIES.map((code) => ({ code, text: t(`severity.${code}`) }))}
        />
      </div>
      <Line ed={ed} spec={spec(HEAD, "vi")} />
      <Line ed={ed} spec={spec(HEAD, "en")} />
    </>
  );
}

/** When it is so: the kind of condition and its fields. */
export function Condition({ ed }: { ed: Editing }) {
  const type = textOf(ed.draft.value, "condition.type");
  const fields = CONDITIONS[type] ?? [];
  const unit = unitOfMetric(ed);
  const levels = fields.filter((one) => one.path.startsWith("condition.levels.") && one.kind === "number");
  return (
    <>
      <div class="form-row">
        <Pick
          ed={ed}
          spec={{ path: "condition.type", kind: "choice" }}
          options={TYPES.map((code) => ({ code, text: word(`condition.${code}`, code) }))}
          onValue={(value) => ed.setType(value)}
        />
        {fields
          .filter((one) => one.kind === "metric" || one.kind === "index")
          .map((one) => (
            <Subject key={one.path} ed={ed} spec={one} />
          ))}
      </div>
      <p class="dim">{word(`condition.${type}_help`, "")}</p>
      <Said
        id="rule-condition-said"
        findings={ed.findings.value.filter((f) => f.where === "condition" || f.where === "condition.levels")}
      />
      {levels.length > 0 && (
        <div class="form-row rule-levels">
          {levels.map((one) => (
            <Line key={one.path} ed={ed} spec={one} unit={unit} />
          ))}
        </div>
      )}
      {levels.length > 0 && (
        <label class="choice">
          <input
            type="checkbox"
            name="condition.levels.inclusive"
            checked={ed.draft.value["condition.levels.inclusive"] === true}
            onChange={(event) => ed.set("condition.levels.inclusive", event.currentTarget.checked)}
          />
          {fieldName("condition.levels.inclusive")}
        </label>
      )}
      <div class="form-row">
        {fields
          .filter(
            (one) =>
              !one.path.startsWith("condition.levels.") && one.kind !== "metric" && one.kind !== "index",
          )
          .map((one) => (
            <Own key={one.path} ed={ed} spec={one} />
          ))}
      </div>
    </>
  );
}

function Own({ ed, spec: one }: { ed: Editing; spec: FieldSpec }) {
  const name = one.path.replace("condition.", "");
  if (one.kind === "choice")
    return (
      <Pick
        ed={ed}
        spec={one}
        options={(one.choices ?? []).map((code) => ({
          code,
          text: word(`rule.${name}_${code === "" ? "any" : code}`, code),
        }))}
      />
    );
  if (one.kind === "codes") return <Codes ed={ed} spec={one} hint={t("rules.codes_hint")} />;
  return <Line ed={ed} spec={one} hint={word(`rule.${name}_hint`, "") || undefined} />;
}

/** The metric, of those that the chosen domains have; or the index. */
function Subject({ ed, spec: one }: { ed: Editing; spec: FieldSpec }) {
  if (one.kind === "index")
    return (
      <Line
        ed={ed}
        spec={one}
        suggested={INDICES.map((code) => ({ code, text: word(`index.${code}`, code) }))}
      />
    );
  const wanted = listOf(ed.draft.value, "scope.domain");
  const options = domains.value
    .filter((domain) => wanted.length === 0 || wanted.includes(domain.code))
    .flatMap((domain) =>
      domain.metrics.map((metric) => ({
        code: metric.name,
        text: `${nameOf(metric)} (${unitOf(metric.unit)}) – ${nameOf(domain)}`,
      })),
    )
    .filter((option, i, all) => all.findIndex((other) => other.code === option.code) === i);
  return <Pick ed={ed} spec={one} none={t("grant.choose")} options={options} />;
}

function unitOfMetric(ed: Editing): string {
  const name = textOf(ed.draft.value, "condition.metric");
  const wanted = listOf(ed.draft.value, "scope.domain");
  for (const domain of domains.value) {
    const found = domain.metrics.find((metric) => metric.name === name);
    if (found && (wanted.length === 0 || wanted.includes(domain.code)))
      return found.unit === "1" ? "" : unitOf(found.unit);
  }
  return "";
}

/** Where it looks. */
export function Scope({ ed }: { ed: Editing }) {
  const chosen = listOf(ed.draft.value, "scope.area");
  const places = liveZones.value.filter((zone) => chosen.length === 0 || chosen.includes(zone.area));
  return (
    <>
      <Some ed={ed} path="scope.domain" known={domains.value} />
      <Some ed={ed} path="scope.area" known={areas.value} />
      <Some ed={ed} path="scope.zone" known={places} />
      <div class="form-row">
        {SCOPE.slice(3).map((one) => (
          <Codes key={one.path} ed={ed} spec={one} />
        ))}
      </div>
      <Said id="rule-scope-said" findings={ed.findings.value.filter((f) => f.where === "scope")} />
    </>
  );
}

/** For how long, and what of it that swings. */
export function Holds({ ed }: { ed: Editing }) {
  const [often, seldom] = [HOLDS.slice(0, 2), HOLDS.slice(2)];
  const given = seldom.some((one) => {
    const value = ed.draft.value[one.path];
    return value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
  });
  return (
    <>
      <div class="form-row">
        {often.map((one) => (
          <Line key={one.path} ed={ed} spec={one} hint={t("rules.duration_hint")} />
        ))}
      </div>
      <details class="rule-more" open={given || seldom.some((one) => ed.about(one.path).length > 0)}>
        <summary>{t("rules.more_holds")}</summary>
        <div class="form-row">
          {seldom.map((one) =>
            one.kind === "codes" ? (
              <Codes key={one.path} ed={ed} spec={one} hint={t("rules.quality_hint")} />
            ) : (
              <Line key={one.path} ed={ed} spec={one} />
            ),
          )}
        </div>
      </details>
    </>
  );
}

/** What is told, and who handles it. */
export function Telling({ ed }: { ed: Editing }) {
  return (
    <>
      <Line ed={ed} spec={spec(TELLING, "advice_vi")} multiline />
      <Line ed={ed} spec={spec(TELLING, "advice_en")} multiline />
      <div class="form-row">
        <Pick
          ed={ed}
          spec={spec(TELLING, "department")}
          none={t("rules.by_routes")}
          options={allDepartments.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
        />
        <Line ed={ed} spec={spec(TELLING, "legal_basis")} hint={t("rules.legal_hint")} />
      </div>
      <div class="form-row">
        <Day ed={ed} path="valid_from" />
        <Day ed={ed} path="valid_to" />
      </div>
    </>
  );
}

function Day({ ed, path }: { ed: Editing; path: string }) {
  const day = textOf(ed.draft.value, path);
  return (
    <div data-field={path}>
      <DateTime
        day
        name={path}
        label={fieldName(path)}
        value={day === "" ? null : Date.parse(`${day}T00:00:00+07:00`)}
        onValue={(ms) => ed.set(path, dayText(ms))}
      />
      <Said id={`rule-${path}-said`} findings={ed.about(path)} />
    </div>
  );
}
