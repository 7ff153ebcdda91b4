import type { Replayed } from "../../api/rules";
import { formatNumber } from "../../format";
import { t } from "../../i18n";
import { exactly } from "../../parts/moment";
import { subjectText } from "../words";
import { heights, marksOf, piecesOf } from "./strip";

/** When it would have fired: in all, with more hysteresis, and by sensor. */
export function Strips({ found }: { found: Replayed }) {
  const { when, hysteresis, worst, count } = found.report;
  if (count.raised === 0) return null;
  const most = Math.max(...when, ...hysteresis.when, 1);
  return (
    <figure class="strips">
      <figcaption class="unseen">{t("trial.strips")}</figcaption>
      <Bars name={t("trial.as_it_is")} counts={when} most={most} total={count.raised} tone="as-is" />
      {hysteresis.count !== null && (
        <Bars
          name={t("trial.with_wider")}
          counts={hysteresis.when}
          most={most}
          total={hysteresis.count.raised}
          tone="wider"
        />
      )}
      {worst.map((one) => (
        <div key={one.subject} class="strip" data-strip={one.subject}>
          <span class="strip-name">{subjectText(one.subject)}</span>
          <svg class="strip-line" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
            {piecesOf(one, found).map((piece) => (
              <rect
                key={piece.since}
                class="strip-piece"
                data-again={piece.again}
                x={piece.at * 1000}
                width={piece.width * 1000}
                y={piece.again ? 6 : 1}
                height={piece.again ? 5 : 10}
              />
            ))}
          </svg>
          <span class="strip-count number">{formatNumber(one.raised)}</span>
        </div>
      ))}
      <div class="strip strip-axis" aria-hidden="true">
        <span class="strip-name" />
        <span class="strip-line">
          {marksOf(found).map((mark) => (
            <span key={mark.at} class="strip-mark number" style={{ insetInlineStart: `${mark.at * 100}%` }}>
              {mark.text}
            </span>
          ))}
        </span>
        <span class="strip-count" />
      </div>
      <p class="strip-key dim">
        <span class="strip-key-new" /> {t("trial.key_new")} <span class="strip-key-again" />{" "}
        {t("trial.key_again")}
      </p>
      <Raises found={found} />
    </figure>
  );
}

function Bars({
  name,
  counts,
  most,
  total,
  tone,
}: {
  name: string;
  counts: number[];
  most: number;
  total: number;
  tone: string;
}) {
  const width = 1000 / counts.length;
  return (
    <div class="strip strip-bars" data-tone={tone}>
      <span class="strip-name">{name}</span>
      <svg class="strip-line" viewBox="0 0 1000 30" preserveAspectRatio="none" aria-hidden="true">
        {heights(counts, most).map((height, i) =>
          height > 0 ? (
            <rect key={i} x={i * width} width={width * 0.86} y={30 - height * 29} height={height * 29} />
          ) : null,
        )}
      </svg>
      <span class="strip-count number">{formatNumber(total)}</span>
    </div>
  );
}

/** The same as a table. */
function Raises({ found }: { found: Replayed }) {
  return (
    <details class="rule-more">
      <summary>{t("trial.raises")}</summary>
      <div class="trial-table">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("trial.subject")}</th>
              <th scope="col">{t("trial.since")}</th>
              <th scope="col">{t("trial.until")}</th>
            </tr>
          </thead>
          <tbody>
            {found.report.worst.flatMap((one) =>
              one.raises.slice(0, 30).map((raise) => (
                <tr key={one.subject + raise.since}>
                  <th scope="row">{subjectText(one.subject)}</th>
                  <td class="number">
                    {exactly(raise.since)} {raise.again && <span class="badge">{t("trial.again")}</span>}
                  </td>
                  <td class="number">{raise.until === null ? t("trial.still") : exactly(raise.until)}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
    </details>
  );
}
