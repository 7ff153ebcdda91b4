import type { Session } from "../api/access";
import { ApiError, get, onShut, send, tellLasting } from "../api/http";
import { exchangeCode, sentBack } from "../api/session";
import { type Idle, watchIdle } from "./idle";
import { listen, listenAnew, pause } from "./living";
import { loadMe, me, session, wall } from "./me";
import { chooser, type Phase, phase } from "./phase";
import { language, languageChosen } from "./prefs";
import { loadRegistry } from "./registry";
import { goOn, remember } from "./route";
import { hear, tell } from "./tabs";
import { dropWallToken, wallToken } from "./wall";

export const RETRY_MS = 3_000;

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

export async function trying(work: () => Promise<void>): Promise<void> {
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
export async function enter(fresh: boolean, out: Phase): Promise<void> {
  const hung = wallToken() !== null;
  const found = hung ? null : await ask();
  if (someoneElse(found)) {
    restart();
    return;
  }
  session.value = found;
  if (found === null && !hung) {
    if (sight !== "") {
      // Nothing of who was here stays in this page's memory.
      restart();
      return;
    }
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
  if (sight !== "" && sight !== seeing()) {
    // Its rights are others than when it was locked.
    restart();
    return;
  }
  sight = seeing();
  if (fresh) goOn();
  phase.value = "open";
  listen(look, renew, compare);
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
const inside = (): boolean => phase.peek() === "open" || phase.peek() === "enrol";

/** The server does not let us in as it did: find out whether the session is locked or over. */
async function look(): Promise<void> {
  if (looking || !inside()) return;
  looking = true;
  try {
    if (wall.peek()) {
      dropWallToken();
      restart();
      return;
    }
    const found = await ask();
    if (!inside()) return;
    const other = someoneElse(found);
    session.value = found;
    if (found === null || other) restart();
    else if (found.locked) hide();
    else if (found.must_enrol) {
      if (phase.peek() === "open") restart();
    } else setTimeout(() => phase.peek() === "open" && listen(look, renew, compare), RETRY_MS);
  } catch (cause) {
    console.warn(cause);
    setTimeout(look, RETRY_MS);
  } finally {
    looking = false;
  }
}

onShut(() => look());

/** What was to be seen when the subscriptions were asked for; empty: nothing yet. */
let sight = "";
const seeing = (): string => JSON.stringify([me.peek()?.permissions, me.peek()?.grants]);
let renewing = false;

/** There was no connection for a while, and nobody has told what may be seen since. */
async function compare(): Promise<void> {
  if (renewing || wall.peek()) return;
  try {
    await loadMe();
    if (!renewing && phase.peek() === "open" && seeing() !== sight) restart();
  } catch (cause) {
    console.warn(cause);
    if (!(cause instanceof ApiError) || cause.unanswered || cause.status === 429)
      setTimeout(() => phase.peek() === "open" && compare(), RETRY_MS);
  }
}

/** What this person may do has changed: what is shown follows. */
async function renew(): Promise<void> {
  renewing = true;
  try {
    const before = me.peek()?.permissions.join();
    await loadMe();
    if (me.peek()?.permissions.join() !== before) restart();
    else {
      await loadRegistry();
      listenAnew();
      sight = seeing();
    }
  } catch (cause) {
    console.warn(cause);
    setTimeout(() => phase.peek() === "open" && renew(), RETRY_MS);
  } finally {
    renewing = false;
  }
}

/** From the beginning, with nothing left in this page's memory of what was shown. */
export function restart(): void {
  pause();
  remember();
  phase.value = "opening";
  location.reload();
}

export function hide(): void {
  idle?.stop();
  idle = null;
  pause();
  phase.value = "locked";
}

hear((data) => {
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
});

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
