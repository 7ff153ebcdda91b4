import type { ComponentChildren } from "preact";
import { half, t } from "../i18n";
import type { Part } from "./reading";

interface Props<T> {
  name: string;
  title: string;
  part: Part<T>;
  children: (value: T) => ComponentChildren;
}

/** A part of the handover: being read, there, or why it is not. */
export function Block<T>({ name, title, part, children }: Props<T>) {
  return (
    <section class="handover-block" data-block={name} data-part={part.state}>
      <h2>{title}</h2>
      {part.state === "there" ? (
        children(part.value)
      ) : part.state === "waiting" ? (
        <p class="dim">{t("list.waiting")}</p>
      ) : (
        <p class="list-trouble" role="alert">
          {part.why === "" ? t("list.unreachable") : half(part.why)}
        </p>
      )}
    </section>
  );
}
