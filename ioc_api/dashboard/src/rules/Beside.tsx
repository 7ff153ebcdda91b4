import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** What is open beside a list. Whoever chose it far down the list sees it from its beginning, and the list where it is. */
export function Beside({ of, children }: { of: string; children: ComponentChildren }) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    const one = section.current;
    if (one === null) return;
    one.parentElement
      ?.querySelector(".beside-list [aria-current=true]")
      ?.scrollIntoView({ block: "nearest" });
    if (one.getBoundingClientRect().top < 0 || one.getBoundingClientRect().top > window.innerHeight / 2)
      one.scrollIntoView({ block: "start" });
    else one.closest(".page")?.scrollTo({ top: 0 });
  }, [of]);
  return (
    <section class="card beside-one" ref={section}>
      {children}
    </section>
  );
}
