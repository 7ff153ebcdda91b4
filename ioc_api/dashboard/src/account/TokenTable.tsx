import type { Token, Wallboard } from "../api/access";
import { formatAge } from "../format";
import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { until, when } from "../parts/moment";
import { grantText } from "../people/grants";
import { now } from "../store/clock";

/** Whether the screen that a wallboard's token is for is there, and draws. */
function Screen({ of: { connected, frozen, behind_s } }: { of: Wallboard }) {
  const state = frozen ? "frozen" : connected ? "there" : "away";
  return (
    <p class="token-screen" data-screen={state}>
      <Mark of={frozen ? "offline" : connected ? "online" : "never_seen"} />{" "}
      {t(`walls.${state}`, { age: formatAge(behind_s ?? 0) })}
    </p>
  );
}

/** Tokens that are good; those that were, below the line, only while they are looked for. */
export function TokenTable({
  tokens,
  onRevoke,
}: {
  tokens: (Token | Wallboard)[];
  onRevoke?: (token: Token) => void;
}) {
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
                {"connected" in one && <Screen of={one} />}
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
