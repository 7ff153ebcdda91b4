import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, send } from "../../api/http";
import type { Channel, WholeMessage } from "../../api/rules";
import { t } from "../../i18n";
import { useDeed } from "../../parts/deed";
import { Outcome } from "../../parts/Outcome";
import { Tries } from "./Tries";

const LOOK_MS = 1000;
/** As long as a try may take. */
const LOOKS = 60;

/** A test message, and what came of it: looked at until the receiver has answered. */
export function ChannelTest({ channel }: { channel: Channel }) {
  const message = useSignal<WholeMessage | null>(null);
  const looks = useSignal(0);
  const deed = useDeed();
  const open =
    message.value !== null && (message.value.state === "waiting" || message.value.state === "sending");
  useEffect(() => {
    if (!open || looks.value >= LOOKS) return;
    const timer = setTimeout(async () => {
      try {
        message.value = await get<WholeMessage>(`notifications/${message.value?.id}`);
      } catch (cause) {
        console.info(cause);
      }
      looks.value += 1;
    }, LOOK_MS);
    return () => clearTimeout(timer);
  }, [open, looks.value, message.value]);
  return (
    <div class="channel-test" data-test={message.value?.state ?? "none"}>
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          data-act="test-channel"
          disabled={!channel.enabled}
          aria-disabled={deed.busy.value || open}
          onClick={() => {
            if (open) return;
            looks.value = 0;
            deed.run(async () => {
              message.value = await send<WholeMessage>("POST", `channels/${channel.id}/test`);
            }, t("channel.test_put"));
          }}
        >
          {t("channel.test")}
        </button>
        {!channel.enabled && <span class="dim">{t("channel.test_off")}</span>}
      </div>
      {message.value === null ? (
        <Outcome deed={deed} />
      ) : (
        <div role="status">
          {deed.said.value?.tone === "late" && <Outcome deed={deed} />}
          <p class="sent" data-sent={message.value.state}>
            {t(`sent.${message.value.state}`)}
            {open && looks.value >= LOOKS && ` – ${t("channel.test_slow")}`}
          </p>
          <Tries message={message.value} />
        </div>
      )}
    </div>
  );
}
