import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { now } from "../store/clock";
import { language } from "../store/prefs";
import { firstOf, midnight, sheet, written } from "./typed";

const DAY_MS = 86_400_000;
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** The sheet of a month to choose a day from; weeks begin on Monday. Arrows, PageUp and PageDown go about. */
export function Calendar({
  label,
  value,
  onDay,
  onClose,
}: {
  label: string;
  value: number | null;
  /** the day's midnight in the city, ms since 1970 */
  onDay: (midnight: number) => void;
  onClose: () => void;
}) {
  const chosen = value === null ? null : midnight(value);
  const today = midnight(now.value);
  const at = useSignal(chosen ?? today);
  const box = useRef<HTMLDivElement>(null);
  const month = firstOf(at.value);
  useLayoutEffect(() => {
    box.current?.querySelector<HTMLButtonElement>("[data-at=true]")?.focus();
  }, [at.value]);
  const turn = (months: number): void => {
    const first = firstOf(at.value, months);
    const days = Math.round((at.value - month) / DAY_MS);
    const last = Math.round((firstOf(first, 1) - first) / DAY_MS) - 1;
    at.value = first + Math.min(days, last) * DAY_MS;
  };
  const key = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step !== undefined) at.value += step * DAY_MS;
    else if (event.key === "PageUp" || event.key === "PageDown") turn(event.key === "PageUp" ? -1 : 1);
    else if (event.key === "Escape") onClose();
    // The day that the arrows led to, even before the focus has followed them.
    else if (event.key === "Enter" && (event.target as Element).closest(".calendar-days")) onDay(at.value);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const days = sheet(month);
  const weekdays = new Intl.DateTimeFormat(language.value === "vi" ? "vi" : "en", {
    weekday: language.value === "vi" ? "narrow" : "short",
    timeZone: "UTC",
  });
  return (
    <div class="calendar" role="dialog" aria-label={label} ref={box} onKeyDown={key}>
      <div class="calendar-head">
        <button type="button" class="calendar-turn" aria-label={t("moment.before")} onClick={() => turn(-1)}>
          ‹
        </button>
        <strong class="number" aria-live="polite">
          {t("moment.month", { month: written(month, true).slice(3) })}
        </strong>
        <button type="button" class="calendar-turn" aria-label={t("moment.after")} onClick={() => turn(1)}>
          ›
        </button>
      </div>
      <div class="calendar-days">
        {days.slice(0, 7).map((one) => (
          <span key={one} class="dim" aria-hidden="true">
            {weekdays.format(one + 7 * 3_600_000)}
          </span>
        ))}
        {days.map((one) => (
          <button
            key={one}
            type="button"
            class="number"
            data-at={one === at.value}
            data-other={firstOf(one) !== month}
            data-today={one === today}
            aria-pressed={one === chosen}
            aria-label={written(one, true).replace(/^0/, "")}
            tabIndex={one === at.value ? 0 : -1}
            onClick={() => onDay(one)}
          >
            {Number(written(one).slice(0, 2))}
          </button>
        ))}
      </div>
    </div>
  );
}
