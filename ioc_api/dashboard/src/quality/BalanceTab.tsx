import { useSignal } from "@preact/signals";
import { get } from "../api/http";
import type { Balance, Minute, Sheet } from "../api/quality";
import { formatDate, formatNumber, formatTime } from "../format";
import { t } from "../i18n";
import { Mark } from "../marks/Mark";
import { now } from "../store/clock";
import { BalanceStrip } from "./BalanceStrip";
import { useReading } from "./reading";
import { Standing } from "./Standing";

const EVERY_MS = 20_000;
const DAY_MS = 86_400_000;
const COLUMN_MS = 600_000;
const SHOWN = 30;

/** The newest 24 hours, which are two pages. */
async function read(path: string): Promise<Balance> {
  const first = await get<Balance>(path);
  if (first.next === null) return first;
  const rest = await get<Balance>(`${path}&cursor=${encodeURIComponent(first.next)}`);
  return { ...first, adds_up: first.adds_up && rest.adds_up, items: [...first.items, ...rest.items] };
}

/** What became of all that came: it is stored, was there already, or is in quarantine; red where that is not so. */
export function BalanceTab() {
  const most = useSignal(SHOWN);
  const from = useSignal(Math.floor((now.peek() - DAY_MS) / 60_000) * 60_000);
  const found = useReading<Balance>(
    `balance?limit=1000&from=${encodeURIComponent(new Date(from.value).toISOString())}`,
    EVERY_MS,
    read,
  );
  const balance = found.value.value;
  // Whole columns, of which the last one holds this minute.
  const end = Math.ceil(((found.at.value ?? now.peek()) + 60_000) / COLUMN_MS) * COLUMN_MS;
  const wrong = balance?.items.filter((m) => !m.adds_up).length ?? 0;
  return (
    <div class="cards">
      <section class="card card-wide" aria-busy={balance === null}>
        <Standing of={found} />
        {balance !== null && (
          <>
            <Equation
              sheet={balance.total}
              title={
                balance.since === null
                  ? t("balance.nothing")
                  : t("balance.since", { at: moment(Date.parse(balance.since)) })
              }
            />
            <p class="dim balance-words">{t("balance.words")}</p>
          </>
        )}
      </section>
      {balance !== null && balance.items.length > 0 && (
        <section class="card card-wide">
          <h2>{t("balance.day")}</h2>
          <BalanceStrip minutes={balance.items} from={end - DAY_MS} to={end} />
          <p data-wrong={wrong} class={wrong === 0 ? "balance-good" : "balance-bad"}>
            <Mark of={wrong === 0 ? "online" : "offline"} />{" "}
            {wrong === 0
              ? t("balance.all", { count: formatNumber(balance.items.length) })
              : t("balance.some", { count: formatNumber(wrong) })}
          </p>
        </section>
      )}
      {balance !== null && balance.items.length > 0 && (
        <section class="card card-wide">
          <h2>{t("balance.minutes")}</h2>
          <Minutes items={balance.items.slice(0, most.value)} />
          {balance.items.length > most.value && (
            <button
              type="button"
              class="alerts-more"
              data-act="more"
              onClick={() => {
                most.value += 120;
              }}
            >
              {t("list.more")}
            </button>
          )}
        </section>
      )}
    </div>
  );
}

const PARTS = ["stored", "duplicate", "quarantined"] as const;

/** decoded = stored + duplicate + quarantined, with its figures. */
function Equation({ sheet, title }: { sheet: Sheet; title: string }) {
  return (
    <div class="equation" data-adds-up={sheet.adds_up}>
      <h2>{title}</h2>
      <dl class="equation-sum">
        <div data-part="decoded">
          <dt>{t("balance.decoded")}</dt>
          <dd class="number">{formatNumber(sheet.decoded)}</dd>
        </div>
        {PARTS.map((part, i) => (
          <div key={part} data-part={part} data-sign={i === 0 ? (sheet.adds_up ? "=" : "≠") : "+"}>
            <dt>{t(`balance.${part}`)}</dt>
            <dd class="number">{formatNumber(sheet[part])}</dd>
          </div>
        ))}
      </dl>
      <p class={sheet.adds_up ? "balance-good" : "balance-bad"}>
        <Mark of={sheet.adds_up ? "online" : "offline"} />{" "}
        {sheet.adds_up
          ? t("balance.adds_up")
          : t("balance.off_by", { count: formatNumber(Math.abs(missing(sheet))) })}
      </p>
      <p class="dim">
        {t("balance.beside", {
          messages: formatNumber(sheet.messages),
          limited: formatNumber(sheet.limited),
          replayed: formatNumber(sheet.replayed),
        })}
      </p>
    </div>
  );
}

const missing = (s: Sheet): number => s.decoded - s.stored - s.duplicate - s.quarantined;

const moment = (ms: number): string => `${formatDate(ms)} ${formatTime(ms).slice(0, 5)}`;

function Minutes({ items }: { items: readonly Minute[] }) {
  return (
    <div class="table-box">
      <table class="table table-minutes">
        <thead>
          <tr>
            <th scope="col">{t("balance.minute")}</th>
            {(["messages", "decoded", ...PARTS, "limited"] as const).map((part) => (
              <th key={part} scope="col" class="right">
                {t(`balance.${part}`)}
              </th>
            ))}
            <th scope="col">{t("balance.verdict")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((m) => (
            <tr key={m.minute} data-adds-up={m.adds_up}>
              <th scope="row" class="number">
                {moment(Date.parse(m.minute))}
              </th>
              {(["messages", "decoded", ...PARTS, "limited"] as const).map((part) => (
                <td key={part} class="number right">
                  {formatNumber(m[part])}
                </td>
              ))}
              <td>
                <Mark of={m.adds_up ? "online" : "offline"} />{" "}
                {m.adds_up
                  ? t("balance.right")
                  : t("balance.off_by", { count: formatNumber(Math.abs(missing(m))) })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
