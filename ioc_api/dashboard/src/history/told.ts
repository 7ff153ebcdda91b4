import { formatMoment, formatNumber } from "../format";
import { t } from "../i18n";
import { language } from "../store/prefs";
import type { Found } from "./explorer";
import type { Panel } from "./panels";
import { madeFrom, stepText } from "./words";

/** How the points came about: the step and the source that the API chose, for the span itself. */
export function toldOf(found: Found, panels: readonly Panel[], now: number): string {
  const mine = found.answers.filter(({ question }) => question.shift === 0).map(({ answer }) => answer);
  const steps = new Map<number | null, string[]>();
  for (const answer of mine)
    steps.set(answer.step_s, [...(steps.get(answer.step_s) ?? []), ...answer.made_from]);
  const said = [...steps].map(([step, sources]) =>
    step === null
      ? t("history.step_raw")
      : t("history.step", { step: stepText(step), sources: madeFrom(sources) }),
  );
  const mixed = mine.find((answer) => answer.made_from.includes("raw") && answer.rolled_up_to !== null);
  if (mixed?.rolled_up_to && Date.parse(mixed.rolled_up_to) > found.span[0])
    said.push(t("history.rolled", { time: formatMoment(Date.parse(mixed.rolled_up_to), now) }));
  if (panels.some((panel) => panel.lines.some((line) => line.low !== undefined)))
    said.push(t("history.shadow"));
  return said.join("; ");
}

/** What the answers lack, in the API's own words; each once. */
export function notesOf(found: Found): string[] {
  const notes = found.answers.flatMap(({ answer }) => answer.notes.map((note) => note[language.value]));
  const late = Math.max(0, ...found.answers.map(({ answer }) => answer.late));
  if (late > 0) notes.push(t("history.late", { hours: formatNumber(late) }));
  return [...new Set(notes)];
}
