import { half, t } from "../i18n";
import type { Listed } from "../store/lists";

/** That a list is being read, or why it is not. */
export function Trouble<T>({ list }: { list: Listed<T> }) {
  const why = list.trouble.value;
  if (why !== null)
    return (
      <p class="list-trouble" role="alert">
        {why === "" ? t("list.unreachable") : half(why)}
      </p>
    );
  return list.items.value === null ? <p class="dim list-wait">{t("list.waiting")}</p> : null;
}
