import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { may } from "../store/me";
import { fold } from "./moves";
import { DeskRow } from "./Row";
import { drawn } from "./rows";
import { current, look, looked, rows, tick, ticked, unfolded } from "./state";

/** Pixels of a row, as desk-row.css draws it: on a desk, and on a phone. */
const HEIGHT = { wide: 54, narrow: 104 };
const PHONE = "(max-width: 760px)";

export interface Shown {
  show: (id: number, focus: boolean) => void;
}

/** The rows, of which only those in sight are there: thousands cost no more than a screenful. */
export function List({ hand }: { hand: RefObject<Shown | null> }) {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLTableElement>(null);
  const range = useSignal<readonly [number, number]>([0, 40]);
  const narrow = useSignal(matchMedia(PHONE).matches);
  const wantsFocus = useRef<number | null>(null);
  const last = useRef<number | null>(null);
  const height = narrow.value ? HEIGHT.narrow : HEIGHT.wide;
  const all = rows.value;
  const acts = may("alerts.act") || may("silences.write");

  const measure = (): void => {
    const outer = box.current?.getBoundingClientRect();
    const inner = list.current?.getBoundingClientRect();
    if (!outer || !inner) return;
    const top = Math.max(outer.top, 0) - inner.top;
    const bottom = Math.min(outer.bottom, innerHeight) - inner.top;
    const next = drawn(rows.peek().length, height, top, bottom);
    const [first, end] = range.peek();
    if (next[0] !== first || next[1] !== end) range.value = next;
  };

  hand.current = {
    show: (id, focus) => {
      const at = rows.peek().findIndex((row) => row.alert.id === id);
      const outer = box.current;
      if (at < 0 || !outer) return;
      const top = at * height;
      // The box scrolls on a desk; on a phone the page does.
      if (outer.scrollHeight > outer.clientHeight + 1) {
        if (top < outer.scrollTop) outer.scrollTop = top;
        else if (top + height > outer.scrollTop + outer.clientHeight)
          outer.scrollTop = top + height - outer.clientHeight;
      } else {
        const at0 = list.current?.getBoundingClientRect().top ?? 0;
        if (at0 + top < 150) scrollBy(0, at0 + top - 150);
        else if (at0 + top + height > innerHeight - 80) scrollBy(0, at0 + top + height - innerHeight + 80);
      }
      measure();
      if (focus) wantsFocus.current = id;
      if (focus) giveFocus();
    },
  };

  const giveFocus = (): void => {
    const id = wantsFocus.current;
    const row = id === null ? null : list.current?.querySelector<HTMLElement>(`[data-alert="${id}"]`);
    if (!row) return;
    wantsFocus.current = null;
    row.focus({ preventScroll: true });
  };

  useEffect(() => {
    const wide = matchMedia(PHONE);
    const turned = (): void => {
      narrow.value = wide.matches;
    };
    wide.addEventListener("change", turned);
    // Scrolling does not bubble: the box's own and the page's are both seen on their way down.
    window.addEventListener("scroll", measure, { capture: true, passive: true });
    window.addEventListener("resize", measure);
    return () => {
      wide.removeEventListener("change", turned);
      window.removeEventListener("scroll", measure, { capture: true });
      window.removeEventListener("resize", measure);
    };
  }, [height]);
  useLayoutEffect(() => {
    measure();
    giveFocus();
  });

  const [from, to] = range.value;
  return (
    <div class="desk-box" ref={box}>
      <table
        class="desk-rows"
        ref={list}
        aria-label={t("desk.list")}
        aria-rowcount={all.length}
        style={{ height: `${all.length * height}px` }}
      >
        <tbody>
          {all.slice(from, to).map((row, i) => (
            <DeskRow
              key={row.alert.id}
              row={row}
              index={from + i + 1}
              top={(from + i) * height}
              current={current.value === row.alert.id || (current.value === null && from + i === 0)}
              looked={looked.value === row.alert.id}
              ticked={ticked.value.has(row.alert.id)}
              open={unfolded.value.has(row.alert.id)}
              acts={acts}
              onOpen={() => {
                current.value = row.alert.id;
                look(row.alert.id);
              }}
              onTick={(through) => {
                const at = from + i;
                const on = !ticked.peek().has(row.alert.id);
                const other = through && last.current !== null ? last.current : at;
                for (const one of all.slice(Math.min(at, other), Math.max(at, other) + 1)) tick(one, on);
                last.current = at;
                current.value = row.alert.id;
              }}
              onFold={() => {
                current.value = row.alert.id;
                fold(row.alert.id);
              }}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
