import "../styles/handover.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatDate, formatMoment, formatTime } from "../format";
import { t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { PageView } from "../parts/PageView";
import { followShown } from "../parts/shown";
import { now } from "../store/clock";
import { loadDepartments } from "../store/departments";
import { may, me } from "../store/me";
import { note, place } from "../store/route";
import { shiftOf } from "../store/shifts";
import { AlertParts } from "./AlertParts";
import { DataParts } from "./DataParts";
import { Notes } from "./Notes";
import { read, readAt } from "./reading";

/** It is read anew while somebody looks at the present shift. */
const LOOK_MS = 60_000;

/** `dd/MM/yyyy HH:mm` */
const minute = (ms: number): string => `${formatDate(ms)} ${formatTime(ms).slice(0, 5)}`;

/** The span of the address; without one, the shift that is being handed over. */
function spanIn(query: URLSearchParams, present: [number, number]): [number, number] {
  const from = Date.parse(query.get("from") ?? "");
  const to = Date.parse(query.get("to") ?? "");
  return from < to ? [from, to] : present;
}

/** What a shift hands over to the next: to be read, completed, printed and signed. */
export function HandoverView() {
  const failed = useSignal(false);
  // It stays when its end comes: that is when it is completed and signed.
  const present = useSignal(shiftOf(now.peek()));
  const [from, to] = spanIn(place.value.query, present.value);
  useEffect(() => {
    if (may("rules.read")) loadDepartments().catch((cause) => console.info(cause));
  }, []);
  useEffect(() => {
    const look = (): void => {
      read(from, to).catch((cause) => {
        console.warn(cause);
        failed.value = true;
      });
    };
    look();
    return to > now.peek() ? followShown(look, LOOK_MS) : undefined;
  }, [from, to]);
  const choose = (next: readonly [number, number]): void => {
    present.value = shiftOf(now.peek());
    const [first, last] = present.value;
    const usual = next[0] === first && next[1] === last;
    note(
      "handover",
      "",
      usual ? {} : { from: new Date(next[0]).toISOString(), to: new Date(next[1]).toISOString() },
    );
  };
  return (
    <PageView page="handover" title={t("handover.title")}>
      <form
        class="filters handover-span no-print"
        onSubmit={(event) => {
          event.preventDefault();
        }}
      >
        <DateTime
          name="from"
          label={t("handover.from")}
          value={from}
          required
          onValue={(ms) => ms !== null && choose([ms, Math.max(to, ms + 60_000)])}
        />
        <DateTime
          name="to"
          label={t("handover.to")}
          value={to}
          required
          onValue={(ms) => ms !== null && choose([Math.min(from, ms - 60_000), ms])}
        />
        <div class="do-buttons">
          <button type="button" class="act" data-act="now" onClick={() => choose(shiftOf(now.peek()))}>
            {t("handover.this_shift")}
          </button>
          <button type="button" class="act" data-act="before" onClick={() => choose(shiftOf(from - 1))}>
            {t("handover.shift_before")}
          </button>
          <button type="button" class="act" data-due="true" data-act="print" onClick={() => print()}>
            {t("handover.print")}
          </button>
        </div>
      </form>
      <article class="handover" data-from={from} data-to={to}>
        <header class="handover-head">
          <p class="handover-city">
            {t("app.place")} · {t("app.title")}
          </p>
          <p class="handover-name print-only">{t("handover.paper")}</p>
          <p>
            <strong class="number">{t("handover.span", { from: minute(from), to: minute(to) })}</strong>
            {to > now.value && <span class="dim"> {t("handover.under_way")}</span>}
          </p>
          <p class="dim">
            {readAt.value !== null &&
              t("handover.made", {
                time: formatMoment(readAt.value, 0),
                name: me.value?.full_name ?? "–",
              })}
          </p>
        </header>
        {failed.value && <p class="list-trouble">{t("list.unreachable")}</p>}
        <AlertParts />
        <DataParts />
        <Notes from={from} />
        <footer class="handover-sign print-only">
          <p>{t("handover.giver")}</p>
          <p>{t("handover.taker")}</p>
        </footer>
      </article>
    </PageView>
  );
}
