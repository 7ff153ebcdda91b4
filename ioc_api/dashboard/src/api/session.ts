import type { SignedIn } from "./access";
import { ApiError, prove } from "./http";

/** What became of the one-time code in the address. */
export type CodeOutcome =
  | { kind: "none" | "accepted" | "refused" }
  /** The link is for choosing a password; it is used up when that is done. */
  | { kind: "choose"; code: string; name: string; fullName: string };

/**
 * Exchange the code of the link (`/#code=…`) for a cookie. The code leaves the address bar whatever comes of it: it
 * is worth nothing afterwards, and addresses are copied. Throws ApiError when the server cannot be reached.
 */
export async function exchangeCode(): Promise<CodeOutcome> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code === null) return { kind: "none" };
  let answer: SignedIn | null;
  try {
    answer = await prove<SignedIn>("session", { code });
  } catch (cause) {
    // Not reached, or not able: the code is unused, so it stays for the next attempt.
    if (!(cause instanceof ApiError) || cause.status === 0 || cause.status >= 500) throw cause;
    forgetFragment();
    return { kind: "refused" };
  }
  forgetFragment();
  if (answer?.next !== "choose_password") return { kind: "accepted" };
  return { kind: "choose", code, name: answer.name ?? "", fullName: answer.full_name ?? "" };
}

/** Why a sign-in at the provider of identities came to nothing (docs/access.md). */
export type Why = "away" | "late" | "denied" | "unlisted";

/** Why the provider sent somebody back without letting them in (`/#sign-in=failed&why=…`); null: it did not. */
export function sentBack(): Why | null {
  const said = new URLSearchParams(location.hash.slice(1));
  if (said.get("sign-in") === null) return null;
  forgetFragment();
  const why = said.get("why");
  return why === "away" || why === "late" || why === "unlisted" ? why : "denied";
}

function forgetFragment(): void {
  history.replaceState(null, "", location.pathname + location.search);
}
