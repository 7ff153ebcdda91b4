import { Component, type ComponentChildren } from "preact";
import { reloadSoon } from "./again";
import { WallWaits } from "./WallWaits";

/** A wall on which a script failed says so in words, and begins anew: nobody stands there to press anything. */
export class Guard extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(cause: unknown): void {
    console.error(cause);
    reloadSoon();
  }

  override render() {
    return this.state.failed ? <WallWaits phase="failed" /> : this.props.children;
  }
}
