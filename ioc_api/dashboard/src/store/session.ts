import { signal } from "@preact/signals";
import type { Session, SignedIn } from "../api/access";
import { ApiError, get, onShut, prove, send, tellLasting } from "../api/http";
import { type CodeOutcome, exchangeCode, sentBack, type Why } from "../api/session";
import { type Idle, watchIdle } from "./idle";
import { listen, pause } from "./living";
import { loadMe, me, session, wall } from "./me";
import { language, languageChosen } from "./prefs";
import { loadRegistry } from "./registry";
import { goOn, remember } from "./route";
import { dropWallToken, keepWallToken, wallToken } from "./wall";

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

const RETRY_MS = 3_000;

/** Other windows of this browser share the session. */
const tabs = new BroadcastChannel("ioc.session");
type News = "seen" | "locked" | "opened" | "ended";
let idle: Idle | null = null;

/** From the link or the cookie to the living screen. Comes back by itself while the server cannot be reached. */
export async function open(): Promise<void> {
  await trying(async () => {
    const back = sentBack();
    const outcome = await exchangeCode();
    if (outcome.kind === "choose") {
      chooser.value = outcome;
      phase.value = "choose";
      return;
    }
    // A spent link in a browser that is signed in anyway is no reason to stop.
    const out: Phase = back ? `sent_${back}` : outcome.kind === "refused" ? "code_refused" : "signed_out";
    await enter(outcome.kind === "accepted", out);
  });
}

async function trying(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const status = cause instanceof ApiError ? cause.status : -1;
    phase.value = status === 0 || status >= 500 || status === 429 ? "unreachable" : "failed";
    console.warn(cause);
    setTimeout(open, RETRY_MS);
  }
}

/** In, as far as the session lets; `out`: the page where there is none. `fresh`: somebody has just signed in. */
async function enter(fresh: boolean, out: Phase): Promise<void> {
  const hung = wallToken() !== null;
  const found = hung ? null : await ask();
  if (someoneElse(found)) {
    restart();
    return;
  }
  session.value = found;
  if (found === null && !hung) {
    remember();
    phase.value = out;
    return;
  }
  if (found?.locked) {
    phase.value = "locked";
    return;
  }
  try {
    await loadMe();
    if (fresh && !languageChosen()) language.value = me.value?.language ?? language.value;
    if (found?.must_enrol) {
      phase.value = "enrol";
      return;
    }
    await loadRegistry();
  } catch (cause) {
    if (!(cause instanceof ApiError) || (cause.status !== 401 && cause.status !== 403)) throw cause;
    if (cause.status === 401) dropWallToken();
    remember();
    // Locked or ended since it was asked for, by another window or an administrator.
    phase.value = cause.status === 403 ? "forbidden" : cause.problem.locked === true ? "locked" : out;
    return;
  }
  if (fresh) goOn();
  phase.value = "open";
  listen(look, renew);
  idle?.stop();
  if (found !== null) tell("opened");
  idle = found === null ? null : watchIdle(found.idle_lock_min ?? 0, seen, lock);
}

/** Whether another person has signed in than the one whose city is in this page's memory. */
function someoneElse(found: Session | null): boolean {
  const before = session.peek();
  return before !== null && found !== null && before.name !== found.name;
}

/** The session, be it locked or not; null: there is none. */
async function ask(): Promise<Session | null> {
  try {
    return await get<Session>("session", true);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 401) return null;
    throw cause;
  }
}

let looking = false;

/** The server does not let us in as it did: find out whether the session is locked or over. */
async function look(): Promise<void> {
  if (looking || phase.peek() !== "open") return;
  looking = true;
  try {
    if (wall.peek()) {
      dropWallToken();
      restart();
      return;
    }
    const found = await ask();
    if (phase.peek() !== "open") return;
    session.value = found;
    if (found === null) restart();
    else if (found.locked) hide();
    else if (found.must_enrol) restart();
    else setTimeout(() => phase.peek() === "open" && listen(look, renew), RETRY_MS);
  } catch (cause) {
    console.warn(cause);
    setTimeout(look, RETRY_MS);
  } finally {
    looking = false;
  }
}

onShut(() => look());

/** What this person may do has changed: what is shown follows. */
async function renew(): Promise<void> {
  try {
    const before = me.peek()?.permissions.join();
    await loadMe();
    if (me.peek()?.permissions.join() !== before) restart();
    else await loadRegistry();
  } catch (cause) {
    console.warn(cause);
  }
}

/** From the beginning, with nothing left in this page's memory of what was shown. */
function restart(): void {
  pause();
  remember();
  phase.value = "opening";
  location.reload();
}

function hide(): void {
  idle?.stop();
  idle = null;
  pause();
  phase.value = "locked";
}

function tell(news: News): void {
  tabs.postMessage(news);
}

tabs.onmessage = ({ data }: MessageEvent<News>) => {
  const shown = phase.peek();
  if (data === "seen") idle?.elsewhere();
  else if (data === "locked" && shown === "open") hide();
  else if (data === "ended" && (shown === "open" || shown === "locked" || shown === "enrol")) restart();
  else if (data === "opened" && (shown === "locked" || shown === "signed_out"))
    trying(() => enter(false, "signed_out"));
  else if (data === "opened" && shown === "open" && !wall.peek())
    // The cookie is everybody's: what is done here from now on would be done by who has just come.
    ask()
      .then((found) => someoneElse(found) && restart())
      .catch((cause) => console.warn(cause));
};

function seen(): void {
  tell("seen");
  send("POST", "session/seen").catch((cause) => console.info(cause));
}

/** Hide everything at once; the server is told, and asked for the password before anything is shown again. */
export async function lock(): Promise<void> {
  if (phase.peek() !== "open") return;
  hide();
  tell("locked");
  await tellLock();
}

/** Until the server has locked it too, whoever loads the page anew would be let in. */
async function tellLock(): Promise<void> {
  try {
    await tellLasting("session/lock");
  } catch (cause) {
    console.warn(cause);
    if (cause instanceof ApiError && cause.status === 401) return;
    setTimeout(() => phase.peek() === "locked" && tellLock(), RETRY_MS);
  }
}

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

/** Show the city with the token of a wall; whether it is good. */
export async function hang(token: string): Promise<boolean> {
  keepWallToken(token);
  await trying(() => enter(true, "signed_out"));
  return wallToken() !== null;
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
