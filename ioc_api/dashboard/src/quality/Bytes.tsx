import { useSignal } from "@preact/signals";
import type { WholeItem } from "../api/quarantine";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { exactly } from "../parts/moment";
import { bytesOf, rowsOf, textOf } from "./bytes";
import { detailSaid } from "./said";

/** Bytes that are shown at the most: a message has up to 64 KiB and more. */
const MOST = 4096;

/** One message as it came: its topic, what is wrong in the collector's words, and its bytes. */
export function Bytes({ item }: { item: WholeItem }) {
  const hex = useSignal(false);
  const bytes = bytesOf(item.payload_base64);
  return (
    <section class="bytes" data-item={item.id} aria-label={t("quality.message")}>
      <h3>
        {t("quality.message")} <span class="dim number">{exactly(item.received_at)}</span>
      </h3>
      <p class="bytes-topic">
        <code>{item.topic}</code>
      </p>
      <p class="bytes-why">
        {detailSaid(item.replay_detail ?? item.detail)}
        {item.retained && ` · ${t("quality.retained")}`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <section class="bytes-box" tabIndex={0} aria-label={t("quality.bytes")}>
        {hex.value ? (
          <table class="hex">
            <tbody>
              {rowsOf(bytes, MOST).map((row) => (
                <tr key={row.at}>
                  <td class="dim">{row.at}</td>
                  <td class="hex-bytes">{row.hex}</td>
                  <td>{row.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <pre>{bytes.length === 0 ? t("quality.empty") : textOf(bytes.subarray(0, MOST))}</pre>
        )}
      </section>
      <p class="bytes-foot dim">
        <button
          type="button"
          class="text-button"
          data-act="hex"
          aria-pressed={hex.value}
          onClick={() => {
            hex.value = !hex.value;
          }}
        >
          {t(hex.value ? "quality.as_text" : "quality.as_hex")}
        </button>
        <span>
          {t(bytes.length > MOST ? "quality.bytes_cut" : "quality.bytes_count", {
            count: formatNumber(bytes.length),
            most: formatNumber(MOST),
          })}
        </span>
      </p>
    </section>
  );
}
