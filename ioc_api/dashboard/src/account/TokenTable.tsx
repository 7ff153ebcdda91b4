import type { Token } from "../api/access";
import { t } from "../i18n";
import { until, when } from "../parts/moment";
import { grantText } from "../people/grants";
import { now } from "../store/clock";

/** Tokens that are good; those that were, below the line, only while they are looked for. */
export function TokenTable({ tokens, onRevoke }: { tokens: Token[]; onRevoke?: (token: Token) => void }) {
  const good = tokens.filter(
    (one) => !one.revoked_at && (one.expires_at === null || Date.parse(one.expires_at) > now.value),
  );
  if (good.length === 0) return <p class="dim">{t("tokens.none")}</p>;
  return (
    <div class="table-box">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t("tokens.name")}</th>
            <th scope="col">{t("tokens.may")}</th>
            <th scope="col">{t("tokens.ends")}</th>
            <th scope="col">{t("tokens.used")}</th>
            <th scope="col">
              <span class="unseen">{t("tokens.revoke")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {good.map((one) => (
            <tr key={one.id} data-token={one.id}>
              <td>
                <strong>{one.name}</strong> <code class="dim">{one.hint}…</code>
              </td>
              <td>{one.grants.map(grantText).join("; ")}</td>
              <td class="number" data-name={t("tokens.ends")}>
                {until(one.expires_at)}
              </td>
              <td class="number" data-name={t("tokens.used")}>
                {one.used_at ? `${when(one.used_at)} · ${one.used_from}` : t("tokens.never_used")}
              </td>
              <td class="right">
                {onRevoke && (
                  <button type="button" class="text-button" data-act="revoke" onClick={() => onRevoke(one)}>
                    {t("tokens.revoke")}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
