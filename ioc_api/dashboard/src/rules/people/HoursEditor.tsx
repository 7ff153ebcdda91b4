import type { Hours } from "../../api/rules";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { Marks } from "../Choose";
import { DAYS, dayName, hoursText, timeOfDay } from "./hours";

/** When somebody works: days of the week and hours, over night too; none at all is round the clock. */
export function HoursEditor({ hours, onHours }: { hours: Hours[]; onHours: (hours: Hours[]) => void }) {
  const put = (i: number, change: Partial<Hours>): void =>
    onHours(hours.map((one, k) => (k === i ? { ...one, ...change } : one)));
  return (
    <fieldset class="grant" data-hours={hours.length}>
      <legend>{t("department.hours")}</legend>
      <p class="dim">{hoursText(hours)}</p>
      {hours.map((one, i) => (
        <div key={i} class="hours-row">
          <Marks
            name={`days-${i}`}
            title={t("department.days")}
            options={DAYS.map((day) => ({ code: String(day), text: dayName(day) }))}
            chosen={one.days.map(String)}
            onChosen={(days) => put(i, { days: days.map(Number).sort((a, b) => a - b) })}
          />
          <div class="form-row">
            <Field
              name={`from-${i}`}
              label={t("department.from")}
              maxLength={5}
              value={one.from}
              invalid={timeOfDay(one.from) === null}
              onValue={(from) => put(i, { from: from.length >= 4 ? (timeOfDay(from) ?? from) : from })}
            />
            <Field
              name={`to-${i}`}
              label={t("department.to")}
              maxLength={5}
              value={one.to}
              invalid={timeOfDay(one.to) === null}
              onValue={(to) => put(i, { to: to.length >= 4 ? (timeOfDay(to) ?? to) : to })}
            />
            <button
              type="button"
              class="text-button"
              onClick={() => onHours(hours.filter((_, k) => k !== i))}
            >
              {t("department.remove_hours")}
            </button>
          </div>
        </div>
      ))}
      <button
        type="button"
        class="text-button"
        data-act="add-hours"
        onClick={() => onHours([...hours, { days: [1, 2, 3, 4, 5], from: "07:00", to: "17:00" }])}
      >
        + {t("department.add_hours")}
      </button>
    </fieldset>
  );
}
