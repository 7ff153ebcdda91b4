import { may } from "../store/me";
import { ask, takeBack } from "./doing";
import type { Command } from "./keys";
import { asked, current, found, helping, look, looked, rows, tick, ticked, told, unfolded } from "./state";

/** What the view does for a key: scrolls to a row, puts the cursor somewhere. */
interface Hands {
  show: (id: number, focus: boolean) => void;
  search: () => void;
  mute: () => void;
}

/** Where the current row is; -1: there is none. */
export const indexOf = (id: number | null): number => rows.peek().findIndex((row) => row.alert.id === id);

function goTo(index: number, hands: Hands): void {
  const list = rows.peek();
  const row = list[Math.max(0, Math.min(index, list.length - 1))];
  if (!row) return;
  current.value = row.alert.id;
  // With an alert beside the list, it is the next one's turn there.
  if (looked.peek() !== null) look(row.alert.id);
  hands.show(row.alert.id, true);
}

/** Fold or unfold the incident of the current row. */
export function fold(id: number): void {
  const next = new Set(unfolded.peek());
  if (!next.delete(id)) next.add(id);
  unfolded.value = next;
}

/** Escape: away with what is in front. Whether there was something. */
function back(hands: Hands): boolean {
  if (helping.peek()) helping.value = false;
  else if (asked.peek()) asked.value = null;
  else if (looked.peek() !== null) {
    const id = looked.peek();
    look(null);
    if (id !== null) requestAnimationFrame(() => hands.show(id, true));
  } else if (ticked.peek().size > 0) ticked.value = new Set();
  else if (told.peek()) told.value = null;
  else return false;
  return true;
}

/** Do what a key asks for; whether anything was done. */
export function run(command: Command, hands: Hands): boolean {
  const at = indexOf(current.peek());
  const row = rows.peek()[at];
  switch (command) {
    case "down":
      goTo(at + 1, hands);
      return true;
    case "up":
      goTo(at < 0 ? 0 : at - 1, hands);
      return true;
    case "first":
      goTo(0, hands);
      return true;
    case "last":
      goTo(rows.peek().length - 1, hands);
      return true;
    case "open":
      if (row) look(row.alert.id);
      return row !== undefined;
    case "select":
      if (row) tick(row);
      return row !== undefined;
    case "select_all":
      ticked.value =
        ticked.peek().size >= found.peek().length
          ? new Set()
          : new Set(found.peek().map((alert) => alert.id));
      return true;
    case "unfold":
      if (row && row.within.length > 0) fold(row.alert.id);
      return true;
    case "undo":
      takeBack();
      return true;
    case "mute":
      if (may("alerts.act")) hands.mute();
      return true;
    case "search":
      hands.search();
      return true;
    case "help":
      helping.value = true;
      return true;
    case "back":
      return back(hands);
    default:
      ask(command);
      return true;
  }
}
