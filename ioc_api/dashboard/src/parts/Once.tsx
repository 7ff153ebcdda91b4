import { useSignal } from "@preact/signals";
import { t } from "../i18n";

/** A secret that is shown this once: to be copied, and put away. */
export function Once({
  title,
  secret,
  note,
  onDone,
}: {
  title: string;
  secret: string;
  note: string;
  onDone: () => void;
}) {
  const copied = useSignal<boolean | null>(null);
  return (
    <div class="once" data-once>
      <p>
        <strong>{title}</strong>
      </p>
      <p>{note}</p>
      <code class="once-secret">{secret}</code>
      <div class="do-buttons">
        <button
          type="button"
          class="act"
          data-due="true"
          onClick={async () => {
            copied.value = await copy(secret);
          }}
        >
          {t("once.copy")}
        </button>
        <button type="button" class="act" onClick={onDone}>
          {t("once.done")}
        </button>
        <span class="do-said" role="status" data-tone={copied.value === false ? "late" : "ok"}>
          {copied.value === null ? "" : t(copied.value ? "once.copied" : "once.not_copied")}
        </span>
      </div>
    </div>
  );
}

/** Whether the browser let us; without https it does not. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
