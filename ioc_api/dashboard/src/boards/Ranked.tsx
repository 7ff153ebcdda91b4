import type { ComponentChildren } from "preact";
import type { RankedSensor } from "../api/boards";
import { half, nameOf, t } from "../i18n";
import { Mark } from "../marks/Mark";
import { liveZones } from "../store/registry";
import type { Answer } from "./asked";
import { Panel } from "./ChartPanel";
import { type Choice, linkOf } from "./choice";

interface RankedRow {
  key: string;
  /** the sensor's id, where that is not the key */
  id?: string;
  sensor: RankedSensor | null;
  /** share of the first one's, 0 to 1, for the bar */
  share?: number | null;
  cells: ComponentChildren[];
}

/** A list with the worst at its head. A name leads to the sensor's own lines. */
export function Ranked<T>({
  name,
  title,
  hint,
  heads,
  answer,
  rows,
  none,
  choice,
  children,
}: {
  name: string;
  title: string;
  hint?: string;
  heads: readonly string[];
  answer: Answer<T>;
  rows: readonly RankedRow[];
  none: string;
  choice: Choice;
  children?: ComponentChildren;
}) {
  return (
    <Panel name={name} title={title} {...(hint !== undefined && { hint })}>
      {children}
      <AnswerTrouble answer={answer} />
      {answer.value !== null && rows.length === 0 && <p class="dim">{none}</p>}
      {rows.length > 0 && (
        <table class="table board-ranked">
          <thead>
            <tr>
              <th scope="col">{t("boards.sensor")}</th>
              {heads.map((head) => (
                <th key={head} scope="col" class="right">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key} data-ranked={row.key}>
                <th scope="row">
                  <Who sensor={row.sensor} id={row.id ?? row.key} choice={choice} />
                  {row.share !== undefined && row.share !== null && (
                    <span class="board-bar" aria-hidden="true">
                      <i style={{ width: `${Math.max(0, Math.min(1, row.share)) * 100}%` }} />
                    </span>
                  )}
                </th>
                {row.cells.map((cell, i) => (
                  <td key={heads[i]} class="right number" data-name={heads[i]}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** A sensor by the place it stands at, with its ward, and how alive it is where it is not online. */
export function Who({ sensor, id, choice }: { sensor: RankedSensor | null; id: string; choice: Choice }) {
  const zone = liveZones.value.find((one) => one.code === sensor?.zone);
  return (
    <>
      <a
        href={linkOf(choice, { sensor: id })}
        aria-current={choice.sensor === id ? "true" : undefined}
        title={t("boards.to_lines")}
      >
        {sensor?.name || id}
      </a>
      <span class="dim board-where">
        {sensor && sensor.liveness !== "online" && (
          <span class="board-dead">
            <Mark of={sensor.liveness} /> {t(`liveness.${sensor.liveness}`)}
          </span>
        )}
        {sensor && sensor.liveness !== "online" && " · "}
        {id}
        {zone && ` · ${nameOf(zone)}`}
      </span>
    </>
  );
}

/** That an answer is being waited for, or why there is none (or none that is fresh). */
export function AnswerTrouble<T>({ answer }: { answer: Answer<T> }) {
  if (answer.trouble !== null)
    return (
      <p class="list-trouble" role="alert">
        {answer.trouble === "" ? t("list.unreachable") : half(answer.trouble)}
      </p>
    );
  return answer.value === null ? <p class="dim list-wait">{t("list.waiting")}</p> : null;
}
