import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { word } from "../../alerts/words";
import { SEVERITIES } from "../../api/alerts";
import { ApiError, send } from "../../api/http";
import type { Matcher, Reach } from "../../api/rules";
import { formatNumber } from "../../format";
import { half, nameOf, t } from "../../i18n";
import { refusal } from "../../parts/deed";
import { Field } from "../../parts/Field";
import { allDepartments } from "../../store/departments";
import { areas, domains, liveZones } from "../../store/registry";
import { Marks } from "../Choose";
import { KINDS } from "../form/fields";
import { codesIn } from "../form/Line";

const AGAIN_MS = 5_000;
const WRITTEN = ["rule", "sensor", "tag", "parent"] as const;

/** Which alerts a silence takes, and how many that are as things stand. */
export function Matching({
  matcher,
  reach,
  onMatcher,
}: {
  matcher: Matcher;
  reach: Reached;
  onMatcher: (matcher: Matcher) => void;
}) {
  const set = (field: string, codes: string[]): void => onMatcher({ ...matcher, [field]: codes });
  return (
    <fieldset class="grant">
      <legend>{t("quiet.mutes")}</legend>
      <Marks
        name="match-severity"
        title={t("match.severity")}
        options={SEVERITIES.map((code) => ({ code, text: t(`severity.${code}`) }))}
        chosen={matcher.severity ?? []}
        onChosen={(codes) => set("severity", codes)}
      />
      <Marks
        name="match-domain"
        title={t("match.domain")}
        options={domains.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
        chosen={matcher.domain ?? []}
        onChosen={(codes) => set("domain", codes)}
      />
      <Marks
        name="match-area"
        title={t("match.area")}
        options={areas.value.map((a) => ({ code: a.code, text: nameOf(a) }))}
        chosen={matcher.area ?? []}
        onChosen={(codes) => set("area", codes)}
      />
      <Marks
        name="match-zone"
        title={t("match.zone")}
        options={liveZones.value.map((z) => ({ code: z.code, text: nameOf(z) }))}
        chosen={matcher.zone ?? []}
        onChosen={(codes) => set("zone", codes)}
      />
      <details class="rule-more">
        <summary>{t("quiet.more")}</summary>
        <Marks
          name="match-kind"
          title={t("match.kind")}
          options={KINDS.map((code) => ({ code, text: word(`kind.${code}`, code) }))}
          chosen={matcher.kind ?? []}
          onChosen={(codes) => set("kind", codes)}
        />
        <Marks
          name="match-department"
          title={t("match.department")}
          options={allDepartments.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
          chosen={matcher.department ?? []}
          onChosen={(codes) => set("department", codes)}
        />
        <div class="form-row">
          {WRITTEN.map((field) => (
            <Field
              key={field}
              name={`match-${field}`}
              label={t(`match.${field}`)}
              maxLength={2000}
              hint={t("rules.codes_hint")}
              value={(matcher[field] ?? []).join(" ")}
              onValue={(text) => set(field, /[,;\s]$/.test(text) ? [...codesIn(text), ""] : codesIn(text))}
            />
          ))}
        </div>
      </details>
      <p role="status" data-reach={reach.found?.sensors ?? -1} class={reach.trouble === null ? "" : "warn"}>
        {reach.trouble !== null
          ? half(reach.trouble)
          : reach.found !== null
            ? t("quiet.reach", {
                sensors: formatNumber(reach.found.sensors),
                rules: formatNumber(reach.found.rules),
                alerts: formatNumber(reach.found.alerts),
              })
            : t("quiet.choose")}
      </p>
    </fieldset>
  );
}

/** Without what is empty. */
export function cleaned(matcher: Matcher): Matcher {
  return Object.fromEntries(
    Object.entries(matcher)
      .map(([field, codes]) => [field, codes.filter((code) => code !== "")] as const)
      .filter(([, codes]) => codes.length > 0),
  );
}

interface Reached {
  found: Reach | null;
  trouble: string | null;
}

/** What a matcher takes as things stand, asked when the typing pauses. */
export function useReach(matcher: Matcher): Reached {
  const state = useSignal<Reached>({ found: null, trouble: null });
  const again = useSignal(0);
  const clean = cleaned(matcher);
  const asked = JSON.stringify({ matcher: clean });
  useEffect(() => {
    if (Object.keys(clean).length === 0) {
      state.value = { found: null, trouble: null };
      return;
    }
    const stop = new AbortController();
    let timer = setTimeout(async () => {
      try {
        state.value = {
          found: await send<Reach>("POST", "silences/check", JSON.parse(asked), stop.signal),
          trouble: null,
        };
      } catch (cause) {
        if (stop.signal.aborted || !(cause instanceof ApiError)) return;
        state.value = { found: null, trouble: refusal(cause).replace(/^matcher(\.\w+)?: /, "") };
        // Without an answer nothing can be muted: it is asked again.
        if (cause.unanswered || cause.status === 429)
          timer = setTimeout(() => {
            again.value += 1;
          }, AGAIN_MS);
      }
    }, 300);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, again.value]);
  return state.value;
}
