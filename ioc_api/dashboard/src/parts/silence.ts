import { ApiError, send } from "../api/http";
import { now } from "../store/clock";

/** As far as it matters for its end. */
interface Ending {
  id: number;
  revision: number;
  ends_at: string;
}

/** End it. What somebody has ended, or what has run out, is over as well. Throws where it is not, or nobody knows. */
export async function endSilence<S extends Ending>(silence: S): Promise<S> {
  if (Date.parse(silence.ends_at) <= now.peek()) return silence;
  try {
    return (await send<S>("POST", `silences/${silence.id}/end`, { revision: silence.revision })) ?? silence;
  } catch (cause) {
    const said = cause instanceof ApiError && cause.status === 409 ? cause.problem.current : null;
    const current = said as (S & { state?: string }) | null | undefined;
    if (current?.state === "over") return current;
    throw cause;
  }
}
