import { useSignal } from "@preact/signals";
import { t, tOther } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Said } from "../sign/Said";
import { hang } from "../store/door";

/** Where the token of a wall is entered, once in the life of the screen. */
export function WallDoor() {
  const token = useSignal("");
  const deed = useDeed();
  const enter = async (): Promise<void> => {
    if (token.value.trim() === "") {
      deed.lacks(t("wall.token_needed"));
      return;
    }
    await deed.run(async () => {
      if (!(await hang(token.value))) throw new Error("refused");
    });
    // A token that is not good leaves nothing behind but the field.
    deed.lacks(`${t("wall.token_wrong")} / ${tOther("wall.token_wrong").text}`);
  };
  return (
    <main class="wall-door">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          enter();
        }}
      >
        <h1>
          {t("wall.title")} <span lang={tOther("wall.title").lang}>{tOther("wall.title").text}</span>
        </h1>
        <p>{t("wall.door")}</p>
        <p class="field-other" lang={tOther("wall.door").lang}>
          {tOther("wall.door").text}
        </p>
        <Field
          name="token"
          type="password"
          label={t("wall.token")}
          other={tOther("wall.token")}
          autocomplete="off"
          maxLength={200}
          value={token.value}
          onValue={(value) => {
            token.value = value;
          }}
          autofocus
          code
        />
        <Said deed={deed} />
        <div class="do-buttons">
          <button type="submit" class="act act-main" disabled={deed.busy.value}>
            {t("wall.show")}
          </button>
        </div>
      </form>
    </main>
  );
}
