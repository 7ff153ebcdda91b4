import { ApiError, post } from "./http";

/** What became of the one-time code in the address. */
export type CodeOutcome = "none" | "accepted" | "refused";

/**
 * Exchange the code of the link (`/#code=…`) for a cookie. The code leaves the address bar whatever comes of it: it
 * is worth nothing afterwards, and addresses are copied. Throws ApiError when the server cannot be reached.
 */
export async function exchangeCode(): Promise<CodeOutcome> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code === null) return "none";
  try {
    await post("session", { code });
  } catch (cause) {
    // Not reached, or not able: the code is unused, so it stays for the next attempt.
    if (!(cause instanceof ApiError) || cause.status === 0 || cause.status >= 500) throw cause;
    forgetFragment();
    return "refused";
  }
  forgetFragment();
  return "accepted";
}

function forgetFragment(): void {
  history.replaceState(null, "", location.pathname + location.search);
}
