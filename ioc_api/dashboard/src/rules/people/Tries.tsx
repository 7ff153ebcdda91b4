import type { WholeMessage } from "../../api/rules";
import { formatNumber } from "../../format";
import { t } from "../../i18n";
import { exactly, when } from "../../parts/moment";

/** Every try to deliver a message, and what the receiver said. */
export function Tries({ message }: { message: WholeMessage }) {
  if (message.tries.length === 0) return <p class="dim">{t("message.no_try")}</p>;
  return (
    <ol class="story tries">
      {message.tries.map((one) => (
        <li key={one.at} data-try={one.outcome}>
          <time class="number dim" dateTime={one.at}>
            {exactly(one.at)}
          </time>
          <div>
            <span class="sent" data-sent={one.outcome === "retry" ? "waiting" : one.outcome}>
              {t(`try.${one.outcome}`)}
            </span>
            {one.status !== null && <span class="number"> {one.status}</span>}
            <span class="dim number"> · {t("message.took", { ms: formatNumber(one.took_ms) })}</span>
            {one.detail && <p class="said">{one.detail}</p>}
            {one.retry_at !== null && (
              <p class="dim">{t("message.again_at", { time: when(one.retry_at) })}</p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
