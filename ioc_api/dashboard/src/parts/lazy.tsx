import { signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n";

/**
 * A view whose code is fetched when it is first shown. While it comes there is a line that says so; where it does not
 * come, what happened and a button to try again.
 */
export function lazy(load: () => Promise<ComponentType>): () => JSX.Element {
  const come = signal<ComponentType | null>(null);
  const failed = signal(false);
  let under = false;
  const fetch = (): void => {
    if (under || come.peek() !== null) return;
    under = true;
    failed.value = false;
    load()
      .then((found) => {
        come.value = found;
      })
      .catch((cause) => {
        console.warn(cause);
        failed.value = true;
      })
      .finally(() => {
        under = false;
      });
  };
  return function Lazy() {
    useEffect(fetch, []);
    const View = come.value;
    if (View !== null) return <View />;
    return (
      <main class="page" aria-busy={!failed.value}>
        {failed.value ? (
          <p class="card list-trouble" role="alert">
            {t("page.not_loaded")}{" "}
            <button type="button" class="act" onClick={fetch}>
              {t("page.try_again")}
            </button>
          </p>
        ) : (
          <p class="dim list-wait">{t("list.waiting")}</p>
        )}
      </main>
    );
  };
}
