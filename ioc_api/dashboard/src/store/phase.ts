import { signal } from "@preact/signals";
import type { CodeOutcome, Why } from "../api/session";

/** Which page is shown: still asking, the city, a way in, or why not. */
export type Phase =
  | "opening"
  | "open"
  | "signed_out"
  | "code_refused"
  | `sent_${Why}`
  | "choose"
  | "locked"
  | "enrol"
  | "forbidden"
  | "unreachable"
  | "failed";
export const phase = signal<Phase>("opening");

/** Whose password is to be chosen, by a link that has not been used up. */
export const chooser = signal<(CodeOutcome & { kind: "choose" }) | null>(null);
