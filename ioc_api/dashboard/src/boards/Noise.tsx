import type { IndexRanking } from "../api/boards";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { useAnswer } from "./asked";
import { type Choice, placeQuery } from "./choice";
import { Ranked } from "./Ranked";

interface Laeq {
  period?: "day" | "night";
  limit?: number;
  above?: number;
}

const SHOWN = 6;

/** Noise over a whole day or night above its limit, by how much it is above. */
export function Noise({ choice }: { choice: Choice }) {
  const answer = useAnswer<IndexRanking>(
    `rankings/indices?index=noise_laeq&level=exceeded&limit=100${placeQuery(choice)}`,
    60_000,
  ).value;
  const facts = (one: IndexRanking["items"][number]): Laeq => (one.item.details ?? {}) as Laeq;
  const items = [...(answer.value?.items ?? [])].sort(
    (a, b) => (facts(b).above ?? 0) - (facts(a).above ?? 0),
  );
  return (
    <Ranked
      name="noise-limits"
      title={t("boards.noise")}
      hint={items[0]?.item.legal_basis ?? "QCVN 26:2010/BTNMT"}
      heads={[t("boards.laeq")]}
      answer={answer}
      none={t("boards.no_noise")}
      choice={choice}
      rows={items.slice(0, SHOWN).map((one) => ({
        key: one.item.key,
        id: one.item.sensor_id ?? one.item.key,
        sensor: one.sensor,
        cells: [
          <>
            <b>{formatNumber(one.item.value, 1)}</b>
            <span class="dim"> / {formatNumber(facts(one).limit)}</span>
            <span class="dim board-where">
              {t(facts(one).period === "night" ? "boards.by_night" : "boards.by_day")}
            </span>
          </>,
        ],
      }))}
    >
      {items.length > SHOWN && (
        <p class="dim">{t("boards.exceeding", { count: formatNumber(items.length) })}</p>
      )}
    </Ranked>
  );
}
