import { useSignal } from "@preact/signals";
import type { Grant } from "../api/access";
import { send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Outcome } from "../parts/Outcome";
import { type Changing, faster } from "./changing";
import { GrantEditor } from "./GrantEditor";
import { lacking, sent } from "./grants";

/** What they may do, and where. */
export function PersonGrants({ person, onChanged }: Changing) {
  const grants = useSignal<Grant[]>(person.grants);
  const deed = useDeed();
  const touched = JSON.stringify(grants.value.map(sent)) !== JSON.stringify(person.grants.map(sent));
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        const lacks = lacking(grants.value);
        if (lacks !== null) {
          deed.lacks(lacks);
          return;
        }
        deed.run(async () => {
          try {
            await send("PUT", `people/${person.name}/grants`, {
              revision: person.revision,
              grants: grants.value.map(sent),
            });
          } catch (cause) {
            // Where another part of the account was changed, this form goes on with what it says.
            const now = faster(cause);
            if (now && JSON.stringify(now.grants) === JSON.stringify(person.grants)) await onChanged();
            throw cause;
          }
          await onChanged();
        });
      }}
    >
      <h3>{t("account.grants")}</h3>
      <GrantEditor
        grants={grants.value}
        onGrants={(value) => {
          grants.value = value;
        }}
      />
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-act="save-grants"
          data-due={touched}
          disabled={!touched}
          aria-disabled={deed.busy.value}
        >
          {t("grant.save")}
        </button>
        <span class="dim">{t("grant.effect")}</span>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
