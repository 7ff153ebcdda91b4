import { useSignal } from "@preact/signals";
import { ApiError, send } from "../api/http";
import type { Finding, RuleVersion, WholeRule } from "../api/rules";
import { half, nameOf, t } from "../i18n";
import { useDeed } from "../parts/deed";
import { when } from "../parts/moment";
import { Outcome } from "../parts/Outcome";
import { may } from "../store/me";
import { addressOf, go } from "../store/route";
import { Said } from "./form/Line";

interface Props {
  rule: WholeRule;
  /** the version that I have before me */
  seen: RuleVersion;
  onChanged: (kept: RuleVersion) => void;
}

/** How it stands, and what is done to a rule as a whole: on, off, a copy, away. */
export function RuleActs({ rule, seen, onChanged }: Props) {
  const deed = useDeed();
  const sure = useSignal(false);
  const doubts = useSignal<Finding[]>([]);
  const writes = may("rules.write");
  const turn = (enabled: boolean): void => {
    deed.run(
      async () => {
        try {
          const body = { revision: seen.version, accept_warnings: doubts.value.length > 0 };
          const kept = await send<RuleVersion>(
            "POST",
            `rules/${seen.code}/${enabled ? "enable" : "disable"}`,
            body,
          );
          doubts.value = [];
          if (kept !== null) onChanged(kept);
        } catch (cause) {
          if (cause instanceof ApiError && Array.isArray(cause.problem.findings))
            doubts.value = cause.problem.findings as Finding[];
          throw cause;
        }
      },
      t(enabled ? "rules.turned_on" : "rules.turned_off"),
    );
  };
  return (
    <div class="rule-head">
      <div class="person-head">
        <h2>{nameOf(seen.rule)}</h2>
        <button type="button" class="close" aria-label={t("rules.close")} onClick={() => go("rules", "list")}>
          ×
        </button>
      </div>
      <p class="dim">
        <code>{seen.code}</code> · {t("rules.version", { n: seen.version })} ·{" "}
        {t("rules.changed", { by: seen.changed_by, time: when(seen.changed_at) })}
      </p>
      {rule.open > 0 && (
        <p>
          <a href={addressOf("desk", "", { rule: seen.code })}>{t("rules.open_now", { n: rule.open })}</a>
        </p>
      )}
      {seen.set_aside !== null && (
        <p class="list-trouble">{t("rules.aside", { why: half(seen.set_aside) })}</p>
      )}
      {writes && (
        <div class="do-buttons">
          <button
            type="button"
            class="act"
            data-act={seen.enabled ? "disable-rule" : "enable-rule"}
            onClick={() => turn(!seen.enabled)}
          >
            {t(
              seen.enabled
                ? "rules.disable"
                : doubts.value.length > 0
                  ? "rules.enable_anyway"
                  : "rules.enable",
            )}
          </button>
          <a class="act act-link" data-act="copy-rule" href={addressOf("rules", "list", { copy: seen.code })}>
            {t("rules.copy")}
          </a>
          <button
            type="button"
            class="act act-off"
            data-act="delete-rule"
            onClick={() => {
              if (!sure.value) {
                sure.value = true;
                return;
              }
              deed.run(async () => {
                await send("DELETE", `rules/${seen.code}?revision=${seen.version}`);
                go("rules", "list");
              });
            }}
          >
            {t(sure.value ? "rules.delete_now" : "rules.delete")}
          </button>
        </div>
      )}
      {sure.value && <p class="warn">{t("rules.delete_sure")}</p>}
      <Said id="rule-doubts" findings={doubts.value} />
      <Outcome deed={deed} />
    </div>
  );
}
