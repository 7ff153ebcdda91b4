import type { Alert } from "../api/alerts";
import { t } from "../i18n";
import type { Act } from "../store/detail";
import { noteNeeded } from "./words";

/** The API takes so many characters, of a note and of a name. */
export const NOTE = 2000;
export const NAME = 100;

/** What can be done to an alert as it stands; the first is the one that is due. */
export function actsOf(alert: Alert): Act[] {
  switch (alert.state) {
    case "firing":
      return ["acknowledge", "assign", "resolve", "comment"];
    case "acknowledged":
    case "in_progress":
      return ["resolve", "assign", "comment", "unacknowledge"];
    case "resolved":
      return alert.condition === "clear" || alert.condition === "lost"
        ? ["close", "comment", "reopen"]
        : ["comment", "reopen"];
    case "closed":
      return alert.retroactive ? ["comment"] : ["comment", "reopen"];
    default:
      return ["comment"];
  }
}

/** What is missing before it can be asked for, of the first alert that lacks something; null: nothing is. */
export function missing(what: Act, list: readonly Alert[], note: string, to: string): string | null {
  if (what === "comment" && note.trim() === "") return t("do.comment_needed");
  if (what === "assign" && to.trim() === "") return t("do.to_needed");
  if (what !== "resolve" || note.trim() !== "") return null;
  for (const alert of list) {
    const unclear = noteNeeded(alert);
    if (unclear !== null) return t(unclear);
  }
  return null;
}
