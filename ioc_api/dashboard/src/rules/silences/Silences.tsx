import { useSignal } from "@preact/signals";
import { get } from "../../api/http";
import type { Silence } from "../../api/rules";
import type { Page } from "../../api/types";
import { formatDate } from "../../format";
import { t } from "../../i18n";
import { type Deed, useDeed } from "../../parts/deed";
import { Outcome } from "../../parts/Outcome";
import { now } from "../../store/clock";
import { may } from "../../store/me";
import { note, place } from "../../store/route";
import { Beside } from "../Beside";
import { useReading } from "../reading";
import { Waiting } from "../Waiting";
import { minute } from "../words";
import { DAY_MS, monthsOn, weekStart, weeksOfMonth } from "./calendar";
import { endAll } from "./making";
import { SilenceForm } from "./SilenceForm";
import { SilenceView } from "./SilenceView";
import { Week } from "./Week";

const READ_MS = 15_000;

export interface Undo {
  text: string;
  /** only some of it was done */
  lacking?: boolean;
  work: () => Promise<unknown>;
}

/** Silences and maintenance windows in a calendar; what has been done a moment ago can be undone. */
export function Silences() {
  const list = useReading(async () => (await get<Page<Silence>>(`silences?over=true`)).items, READ_MS);
  const { query } = place.value;
  const chosen = query.has("silence") ? Number(query.get("silence")) : null;
  const month = query.get("view") === "month";
  const day = query.get("day");
  const at = day === null ? now.value : Date.parse(`${day}T12:00:00+07:00`) || now.value;
  const making = useSignal<{ starts: number | null; ends: number | null } | null>(null);
  const undo = useSignal<Undo | null>(null);
  const deed = useDeed();
  const look = (change: Record<string, string>): void => {
    const next = { ...Object.fromEntries(query), ...change };
    note("rules", "silences", Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "")));
  };
  const move = (by: number): void => {
    const to = month ? monthsOn(at, by) : weekStart(at) + by * 7 * DAY_MS;
    look({ day: new Date(to + 7 * 3_600_000).toISOString().slice(0, 10) });
  };
  const silences = list.found.value ?? [];
  const one = silences.find((silence) => silence.id === chosen) ?? null;
  const weeks = month ? weeksOfMonth(at) : [weekStart(at)];
  const last = (weeks.at(-1) ?? 0) + 6 * DAY_MS;
  const writes = may("silences.write");
  const done = (next: Undo): void => {
    undo.value = next;
    deed.said.value = null;
    list.read();
  };
  const choose = (silence: Silence): void => {
    making.value = null;
    look({ silence: String(silence.id) });
  };
  return (
    <div class="beside rules-beside silences" data-open={making.value !== null || one !== null}>
      <section class="card beside-list">
        <div class="calendar-head">
          <button type="button" class="act" aria-label={t("calendar.back")} onClick={() => move(-1)}>
            ‹
          </button>
          <strong class="number">
            {month
              ? t("calendar.month", { month: formatDate(at).slice(3) })
              : `${formatDate(weeks[0] ?? 0)} – ${formatDate(last)}`}
          </strong>
          <button type="button" class="act" aria-label={t("calendar.on")} onClick={() => move(1)}>
            ›
          </button>
          <button type="button" class="act" onClick={() => look({ day: "" })}>
            {t("calendar.today")}
          </button>
          <button
            type="button"
            class="act"
            aria-pressed={month}
            data-act="month"
            onClick={() => look({ view: month ? "" : "month" })}
          >
            {t(month ? "calendar.as_week" : "calendar.as_month")}
          </button>
          {writes && (
            <button
              type="button"
              class="act"
              data-due="true"
              data-act="new-silence"
              onClick={() => {
                look({ silence: "" });
                making.value = { starts: null, ends: null };
              }}
            >
              {t("quiet.new")}
            </button>
          )}
        </div>
        <UndoLine
          undo={undo.value}
          deed={deed}
          onTried={(whole) => {
            if (whole) undo.value = null;
            list.read();
          }}
        />
        <Waiting of={list} />
        <div class="weeks" data-view={month ? "month" : "week"}>
          {weeks.map((week) => (
            <Week
              key={week}
              week={week}
              silences={silences}
              chosen={chosen}
              {...(month && { month: at })}
              stepMs={month ? 3_600_000 : 1_800_000}
              onDrag={
                writes
                  ? (starts, ends) => {
                      look({ silence: "" });
                      making.value = { starts, ends };
                    }
                  : null
              }
              onChoose={choose}
            />
          ))}
        </div>
        {writes && <p class="dim calendar-hint">{t("calendar.hint")}</p>}
        <Coming silences={silences} onChoose={choose} />
      </section>
      {making.value !== null ? (
        <Beside of={String(chosen)}>
          <SilenceForm
            starts={making.value.starts}
            ends={making.value.ends}
            onBack={() => {
              making.value = null;
            }}
            onMade={({ made, text, whole }) => {
              making.value = null;
              done({
                text,
                lacking: !whole,
                work: () => endAll(made),
              });
              look({ silence: String(made[0]?.id ?? "") });
            }}
          />
        </Beside>
      ) : (
        one !== null && (
          <Beside of={String(chosen)}>
            <SilenceView key={one.id} silence={one} onBack={() => look({ silence: "" })} onDone={done} />
          </Beside>
        )
      )}
    </div>
  );
}

function UndoLine({
  undo,
  deed,
  onTried,
}: {
  undo: Undo | null;
  deed: Deed;
  /** whether all of it was done; some of it may have been */
  onTried: (whole: boolean) => void;
}) {
  return (
    <div class="undo" role="status">
      {undo !== null && (
        <>
          <span class={undo.lacking ? "warn" : undefined}>{undo.text}</span>
          <button
            type="button"
            class="act"
            data-act="undo"
            aria-disabled={deed.busy.value}
            onClick={async () => onTried(await deed.run(undo.work, t("quiet.undone")))}
          >
            {t("quiet.undo")}
          </button>
        </>
      )}
      <Outcome deed={deed} />
    </div>
  );
}

/** What is in force or comes, as a list: for phones, and for those who cannot see the calendar. */
function Coming({
  silences,
  onChoose,
}: {
  silences: readonly Silence[];
  onChoose: (silence: Silence) => void;
}) {
  const coming = silences
    .filter((silence) => silence.state !== "over")
    .sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
  if (coming.length === 0) return <p class="dim">{t("quiet.none")}</p>;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t("quiet.what")}</th>
          <th scope="col">{t("quiet.from")}</th>
          <th scope="col">{t("quiet.to")}</th>
          <th scope="col">{t("quiet.state")}</th>
        </tr>
      </thead>
      <tbody>
        {coming.slice(0, 100).map((silence) => (
          <tr key={silence.id} data-coming={silence.id}>
            <th scope="row">
              <button type="button" class="row-button" onClick={() => onChoose(silence)}>
                {silence.reason}
              </button>
            </th>
            <td class="number" data-name={t("quiet.from")}>
              {minute(silence.starts_at)}
            </td>
            <td class="number" data-name={t("quiet.to")}>
              {minute(silence.ends_at)}
            </td>
            <td data-name={t("quiet.state")}>
              <span class="badge" data-state={silence.state}>
                {t(`quiet.is_${silence.state}`)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
