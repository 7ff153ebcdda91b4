import { useSignal } from "@preact/signals";
import type { RuleVersion } from "../api/rules";
import { differences } from "../audit/diff";
import { t } from "../i18n";
import { exactly } from "../parts/moment";
import { Diff } from "./Diff";

/** Every version of a rule: who, when, why, and what it changed; one can be taken into the form again. */
export function Versions({
  versions,
  onTake,
}: {
  versions: RuleVersion[];
  onTake: (version: RuleVersion) => void;
}) {
  const opened = useSignal<number | null>(null);
  return (
    <details class="rule-more" data-versions={versions.length}>
      <summary>{t("rules.versions", { n: versions.length })}</summary>
      <ol class="story">
        {versions.map((one, i) => {
          const before = versions[i + 1];
          const open = opened.value === one.version;
          return (
            <li key={one.version} data-version={one.version}>
              <time class="number dim" dateTime={one.changed_at}>
                {exactly(one.changed_at)}
              </time>
              <div>
                <strong>{t("rules.version", { n: one.version })}</strong> · {one.changed_by}
                {one.note && <p class="said">{one.note}</p>}
                <div class="do-buttons">
                  {before && (
                    <button
                      type="button"
                      class="text-button"
                      aria-expanded={open}
                      onClick={() => {
                        opened.value = open ? null : one.version;
                      }}
                    >
                      {t(open ? "rules.hide_diff" : "rules.show_diff")}
                    </button>
                  )}
                  {i > 0 && (
                    <button type="button" class="text-button" onClick={() => onTake(one)}>
                      {t("rules.take_version")}
                    </button>
                  )}
                </div>
                {open && before && (
                  <Diff
                    found={differences(before.rule, one.rule)}
                    before={t("rules.version", { n: before.version })}
                    after={t("rules.version", { n: one.version })}
                  />
                )}
              </div>
            </li>
          );
        })}
      </ol>
    </details>
  );
}
