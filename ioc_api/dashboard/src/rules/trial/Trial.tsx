import { useEffect, useMemo } from "preact/hooks";
import type { Replayed } from "../../api/rules";
import { formatNumber } from "../../format";
import { t } from "../../i18n";
import { language } from "../../store/prefs";
import { showDuration, showNumber } from "../amounts";
import type { Editing } from "../form/editing";
import { Strips } from "./Strips";
import { SHARES, SPANS, Trying } from "./trying";

/** What the rule would have done, as it stands in the form: how often, when, on whom, and what hysteresis would change. */
export function Trial({ ed }: { ed: Editing }) {
  const trial = useMemo(() => new Trying(ed), [ed]);
  useEffect(() => trial.follow(), [trial]);
  const found = trial.found.value;
  return (
    <section class="rule-trial" aria-busy={trial.busy.value} data-trial={found ? "found" : "none"}>
      <h3>{t("trial.title")}</h3>
      <div class="form-row trial-ask">
        <Choice
          name="trial-days"
          title={t("trial.span")}
          options={SPANS.map((days) => [days, t("trial.days", { n: days })])}
          value={trial.days.value}
          onValue={(days) => {
            trial.days.value = days;
          }}
        />
        <Choice
          name="trial-share"
          title={t("trial.share")}
          options={SHARES.map((share) => [share, `${formatNumber(share * 100)} %`])}
          value={trial.share.value}
          onValue={(share) => {
            trial.share.value = share;
          }}
        />
      </div>
      <p class="trial-state dim" role="status">
        {trial.busy.value
          ? t("trial.asking")
          : found === null && trial.trouble.value === null
            ? t("trial.nothing")
            : trial.old.value
              ? t("trial.old")
              : ""}
      </p>
      {trial.trouble.value !== null && (
        <p class="list-trouble" role="alert">
          {t("trial.cannot")} {trial.trouble.value}{" "}
          <button type="button" class="text-button" onClick={() => trial.again()}>
            {t("page.try_again")}
          </button>
        </p>
      )}
      {found !== null && (
        <div
          class="trial-found"
          data-old={trial.busy.value || trial.old.value || trial.trouble.value !== null}
        >
          <Sentence found={found} ed={ed} old={trial.old.value} />
          <Strips found={found} />
          <Figures found={found} />
          <Notes found={found} />
          {found.notes.some((note) => note.code === "quick") && (
            <label class="choice">
              <input
                type="checkbox"
                name="trial-thorough"
                checked={trial.thorough.value}
                onChange={(event) => {
                  trial.thorough.value = event.currentTarget.checked;
                }}
              />
              {t("trial.thorough")}
            </label>
          )}
        </div>
      )}
    </section>
  );
}

function Choice({
  name,
  title,
  options,
  value,
  onValue,
}: {
  name: string;
  title: string;
  options: (readonly [number, string])[];
  value: number;
  onValue: (value: number) => void;
}) {
  return (
    <fieldset class="choices choices-plain">
      <legend>{title}</legend>
      {options.map(([one, text]) => (
        <label key={one} class="choice">
          <input type="radio" name={name} checked={value === one} onChange={() => onValue(one)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** The result in a sentence; the wider levels can be taken over. */
function Sentence({ found, ed, old }: { found: Replayed; ed: Editing; old: boolean }) {
  const { count, hysteresis, scope } = found.report;
  const share = `${showNumber(Number((hysteresis.share * 100).toFixed(1)))} %`;
  const wider = hysteresis.count;
  return (
    <div class="trial-sentence">
      {count.raised === 0 ? (
        <p data-raised="0">{t("trial.never", { scope: formatNumber(scope) })}</p>
      ) : (
        <p data-raised={count.raised}>
          {t("trial.would")} <strong class="trial-number">{formatNumber(count.raised)}</strong>{" "}
          {t("trial.raised", { subjects: formatNumber(count.subjects), scope: formatNumber(scope) })}
          {"; "}
          <strong data-flaps={count.reopened}>{formatNumber(count.reopened)}</strong> {t("trial.flaps")}
          {count.swings > 0 && (
            <span class="dim"> {t("trial.swings", { swings: formatNumber(count.swings) })}</span>
          )}
          {count.flapped > 0 && (
            <span class="dim"> {t("trial.flapped", { flapped: formatNumber(count.flapped) })}</span>
          )}
        </p>
      )}
      {count.raised === 0 && (wider?.raised ?? 0) === 0 ? null : wider !== null ? (
        <p data-wider={wider.raised}>
          {t("trial.wider", { share })} <strong class="trial-number">{formatNumber(wider.raised)}</strong>{" "}
          {t("trial.times")}
          {wider.raised < count.raised && (
            <>
              {" "}
              <button
                type="button"
                class="act"
                data-act="take-wider"
                disabled={old}
                onClick={() => {
                  for (const side of ["clear_above", "clear_below"] as const) {
                    const level = hysteresis[side];
                    if (level !== null)
                      ed.set(`condition.levels.${side}`, showNumber(Number(level.toPrecision(6))));
                  }
                }}
              >
                {t("trial.take", { share })}
              </button>
            </>
          )}
        </p>
      ) : (
        <p class="dim">
          {t("trial.no_wider", { share })} {language.value === "vi" ? hysteresis.why_vi : hysteresis.why_en}
        </p>
      )}
    </div>
  );
}

function Figures({ found }: { found: Replayed }) {
  const { count } = found.report;
  const wider = found.report.hysteresis.count;
  const seconds = (s: number | null | undefined): string => (s == null ? "–" : showDuration(Math.round(s)));
  const rows: (readonly [string, string, string | null])[] = [
    ["alerts", formatNumber(count.alerts), wider && formatNumber(wider.alerts)],
    ["per_day", formatNumber(count.per_day, 1), wider && formatNumber(wider.per_day, 1)],
    ["median", seconds(count.median_s), wider && seconds(wider.median_s)],
    ["longest", seconds(count.longest_s), wider && seconds(wider.longest_s)],
    ["cancelled", formatNumber(count.cancelled), wider && formatNumber(wider.cancelled)],
    ["lost", formatNumber(count.lost), wider && formatNumber(wider.lost)],
    ["open", formatNumber(count.open), wider && formatNumber(wider.open)],
  ];
  return (
    <details class="rule-more">
      <summary>{t("trial.figures")}</summary>
      <table class="table trial-figures">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">{t("trial.figure")}</span>
            </th>
            <th scope="col" class="right">
              {t("trial.as_it_is")}
            </th>
            <th scope="col" class="right">
              {t("trial.with_wider")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, own, other]) => (
            <tr key={name}>
              <th scope="row">{t(`trial.${name}` as "trial.alerts")}</th>
              <td class="right number">{own}</td>
              <td class="right number">{other ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Notes({ found }: { found: Replayed }) {
  return (
    <ul class="trial-notes dim">
      <li>
        {t("trial.judged", {
          readings: formatNumber(found.report.readings),
          took: formatNumber(found.took_s, 1),
        })}
      </li>
      {found.notes.map((note) => (
        <li key={note.code} data-note={note.code}>
          {note[language.value]}
        </li>
      ))}
    </ul>
  );
}
