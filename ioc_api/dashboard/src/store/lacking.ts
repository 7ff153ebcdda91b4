import { computed, signal } from "@preact/signals";
import type { Topic } from "../live/protocol";
import type { Subscription } from "../live/subscription";

/** Topics whose refusal is said where they would be shown. */
const SAID_THERE: ReadonlySet<Topic> = new Set(["alerts", "map"]);

/** What the server will not give. Why is said in the console: it is for those who write filters. */
const refusals = signal<ReadonlySet<Subscription>>(new Set());

/** Topics that are wanted and not given. */
export const lacking = computed<readonly Topic[]>(() => [
  ...new Set([...refusals.value].map(({ topic }) => topic).filter((topic) => !SAID_THERE.has(topic))),
]);

/** What the owner of a socket tells of it. */
export const refusing = {
  /** Everything is asked for anew. */
  welcome: (): void => {
    if (refusals.peek().size > 0) refusals.value = new Set();
  },
  refused: (subscription: Subscription): void => {
    refusals.value = new Set(refusals.peek()).add(subscription);
  },
  left: (subscription: Subscription): void => {
    if (!refusals.peek().has(subscription)) return;
    const next = new Set(refusals.peek());
    next.delete(subscription);
    refusals.value = next;
  },
};
