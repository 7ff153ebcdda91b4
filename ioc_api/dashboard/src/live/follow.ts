import type { LiveClient } from "./client";
import { beforeNextFrame, Coalescer } from "./coalescer";
import type { Filter, Topic, View } from "./protocol";
import { type Sink, Subscription } from "./subscription";

/**
 * Follow a topic: its items go to `sink`, put together until the next frame is drawn. `maxHz` 0: as often as there is
 * news; `view` only for `map`. Answers how to stop.
 */
export type Follow = (
  topic: Topic,
  filter: Filter,
  sink: Sink,
  maxHz?: number,
  view?: View | null,
) => () => void;

export function follower(client: LiveClient): Follow {
  return (topic, filter, sink, maxHz = 0, view = null) => {
    let over = false;
    // What was put together before the end is not drawn after it.
    const open: Sink = {
      replace: (items) => over || sink.replace(items),
      apply: (items, removed) => over || sink.apply(items, removed),
      refused: (code, message) => over || sink.refused?.(code, message),
    };
    const mine = new Subscription(topic, filter, new Coalescer(open, beforeNextFrame), maxHz, view);
    client.add(mine);
    return () => {
      over = true;
      client.remove(mine);
    };
  };
}
