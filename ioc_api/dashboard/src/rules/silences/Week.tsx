import { useSignal } from "@preact/signals";
import type { Silence } from "../../api/rules";
import { formatDate, formatTime } from "../../format";
import { t } from "../../i18n";
import { now } from "../../store/clock";
import { dayName } from "../people/hours";
import { matcherText } from "../words";
import { type Bar, barsOf, DAY_MS, dayStart, dragged } from "./calendar";

interface Props {
  week: number;
  silences: readonly Silence[];
  chosen: number | null;
  /** null: nobody may make one here */
  onDrag: ((starts: number, ends: number) => void) | null;
  onChoose: (silence: Silence) => void;
  /** the month that is looked at; other days are dim */
  month?: number;
  stepMs: number;
}

/** Seven days beside each other and the silences in them; dragging over them makes a new one. */
export function Week({ week, silences, chosen, onDrag, onChoose, month, stepMs }: Props) {
  const from = useSignal<number | null>(null);
  const to = useSignal<number>(0);
  const bars = barsOf(silences, week);
  const lanes = bars.reduce((most, bar) => Math.max(most, bar.lane + 1), 0);
  const today = dayStart(now.value);
  const share = (event: PointerEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const marked = from.value === null ? null : dragged(week, from.value, to.value, stepMs);
  const at = (now.value - week) / (7 * DAY_MS);
  return (
    <div class="week" data-week={formatDate(week)}>
      <ol class="week-days">
        {[0, 1, 2, 3, 4, 5, 6].map((n) => {
          const day = week + n * DAY_MS;
          return (
            <li
              key={n}
              data-today={day === today}
              data-other={month !== undefined && monthOf(day) !== monthOf(month)}
            >
              <span class="dim">{dayName(n + 1)}</span>{" "}
              <span class="number">{formatDate(day).slice(0, 5)}</span>
            </li>
          );
        })}
      </ol>
      <div
        class="week-lanes"
        data-may={onDrag !== null}
        style={{ "--lanes": String(Math.max(lanes, 1)) }}
        onPointerDown={(event) => {
          if (onDrag === null || event.button !== 0 || event.pointerType === "touch") return;
          if ((event.target as Element).closest("button")) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          from.value = to.value = share(event);
        }}
        onPointerMove={(event) => {
          if (from.value !== null) to.value = share(event);
        }}
        onPointerUp={() => {
          if (marked !== null && onDrag !== null) onDrag(marked.starts, marked.ends);
          from.value = null;
        }}
        onPointerCancel={() => {
          from.value = null;
        }}
      >
        {at >= 0 && at < 1 && (
          <span class="week-now" style={{ insetInlineStart: `${at * 100}%` }} aria-hidden="true" />
        )}
        {bars.map((bar) => (
          <One key={bar.silence.id} bar={bar} chosen={bar.silence.id === chosen} onChoose={onChoose} />
        ))}
        {marked !== null && (
          <span
            class="week-drag"
            style={{
              insetInlineStart: `${((marked.starts - week) / (7 * DAY_MS)) * 100}%`,
              width: `${((marked.ends - marked.starts) / (7 * DAY_MS)) * 100}%`,
            }}
          >
            {formatTime(marked.starts).slice(0, 5)}–{formatTime(marked.ends).slice(0, 5)}
          </span>
        )}
      </div>
    </div>
  );
}

function monthOf(ms: number): string {
  return formatDate(ms).slice(3);
}

function One({ bar, chosen, onChoose }: { bar: Bar; chosen: boolean; onChoose: (silence: Silence) => void }) {
  const { silence } = bar;
  const text = silence.reason || matcherText(silence.matcher);
  return (
    <button
      type="button"
      class="silence-bar"
      data-silence={silence.id}
      data-kind={silence.kind}
      data-state={silence.state}
      data-before={bar.before}
      data-after={bar.after}
      aria-pressed={chosen}
      title={`${t(`quiet.${silence.kind}`)} – ${t(`quiet.is_${silence.state}`)}: ${text}`}
      style={{
        insetInlineStart: `${bar.at * 100}%`,
        width: `${bar.width * 100}%`,
        "--lane": String(bar.lane),
      }}
      onClick={() => onChoose(silence)}
    >
      <span class="unseen">
        {t(`quiet.${silence.kind}`)}, {t(`quiet.is_${silence.state}`)}:{" "}
      </span>
      {text}
    </button>
  );
}
