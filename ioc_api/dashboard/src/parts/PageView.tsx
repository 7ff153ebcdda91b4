import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { leave } from "../store/route";

/** A page beside the city: its name, the way back, and what is on it. */
export function PageView({
  page,
  title,
  children,
}: {
  page: string;
  title: string;
  children: ComponentChildren;
}) {
  const head = useRef<HTMLHeadingElement>(null);
  // Whoever came by the keyboard goes on from here; before it is painted, so that it takes nothing from what is opened next.
  useLayoutEffect(() => head.current?.focus({ preventScroll: true }), []);
  return (
    <main class="page" data-page={page}>
      <div class="page-head">
        <button type="button" class="alert-back" onClick={leave}>
          ← {t("page.city")}
        </button>
        <h1 tabIndex={-1} ref={head}>
          {title}
        </h1>
      </div>
      {children}
    </main>
  );
}
