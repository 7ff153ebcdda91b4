import { t } from "../i18n";
import { Dialog } from "./Dialog";
import { COMMANDS, KEYS, named } from "./keys";
import { helping, keysOn, switchKeys } from "./state";

/** How a key is written on the sheet. */
const SIGNS: Readonly<Record<string, string>> = {
  ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", Enter: "Enter", Home: "Home", End: "End",
}; // biome-ignore format: one row

/** All keys of the desk, and the switch for those who do not want them. */
export function Help() {
  return (
    <Dialog
      name="help"
      title={t("desk.keys")}
      onClose={() => {
        helping.value = false;
      }}
    >
      <label class="help-switch">
        <input
          type="checkbox"
          name="keys"
          data-first
          checked={keysOn.value}
          onChange={(event) => switchKeys(event.currentTarget.checked)}
        />
        {t("desk.keys_on")}
      </label>
      <p class="dim">{t("desk.keys_note")}</p>
      <dl class="help-keys">
        {COMMANDS.map((command) => (
          <div key={command} data-command={command}>
            <dt>
              {KEYS[command].map((key) => (
                <kbd key={key}>{SIGNS[key] ?? key}</kbd>
              ))}
            </dt>
            <dd>{t(named(command))}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
