import type { SignedIn } from "../api/access";
import { ApiError, prove, send } from "../api/http";
import { chooser, phase } from "./phase";
import { enter, hide, RETRY_MS, restart, trying } from "./session";
import { tell } from "./tabs";
import { dropWallToken, keepWallToken, wallToken } from "./wall";

/** Open the locked screen again. Throws ApiError where the password is not right. */
export async function unlock(password: string): Promise<void> {
  try {
    await prove("session/unlock", { password });
  } catch (cause) {
    // It is over: there is nothing to be unlocked.
    if (cause instanceof ApiError && cause.status === 401 && cause.problem.locked !== true) restart();
    throw cause;
  }
  await trying(() => enter(false, "signed_out"));
}

/** Sign in; what is missing yet, or "done". Throws ApiError. */
export async function signIn(name: string, password: string, factor: string): Promise<SignedIn["next"]> {
  const answer = await prove<SignedIn>("session", { name, password, ...(factor !== "" && { factor }) });
  if (answer !== null && answer.next !== "done") return answer.next;
  await arrive();
  return "done";
}

/** Choose the password that the link is for, and come in by it, or by the second factor too. Throws ApiError. */
export async function choosePassword(code: string, password: string): Promise<SignedIn["next"]> {
  const answer = await prove<SignedIn>("session", { code, password });
  if (answer !== null && answer.next !== "done") return answer.next;
  await arrive();
  return "done";
}

/** Somebody has shown who they are. */
async function arrive(): Promise<void> {
  chooser.value = null;
  dropWallToken();
  await trying(() => enter(true, "signed_out"));
}

/** Show the city with the token of a wall, on the page that is made for it; whether it is good. */
export async function hang(token: string): Promise<boolean> {
  keepWallToken(token);
  await trying(() => enter(true, "signed_out"));
  const good = wallToken() !== null;
  if (good && location.pathname !== "/wall") location.replace("/wall");
  return good;
}

/** The second factor is set up: on to the city. */
export function enrolled(): void {
  trying(() => enter(true, "signed_out"));
}

/** End this session here and on the server. */
export async function signOut(): Promise<void> {
  hide();
  phase.value = "opening";
  dropWallToken();
  try {
    await send("DELETE", "session");
  } catch (cause) {
    // Not reached: the session lives on the server, so say so rather than seem to have ended it.
    if (!(cause instanceof ApiError) || cause.status !== 401) {
      console.warn(cause);
      phase.value = "unreachable";
      setTimeout(signOut, RETRY_MS);
      return;
    }
  }
  tell("ended");
  location.hash = "";
  location.reload();
}
