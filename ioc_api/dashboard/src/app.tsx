import { CityView } from "./city/CityView";
import { Banner } from "./shell/Banner";
import { Header } from "./shell/Header";
import { SignIn } from "./shell/SignIn";
import { phase } from "./store/session";
import { connection } from "./store/system";

/** The whole screen: head, what is wrong if anything is, and the view. Further views come beside CityView. */
export function App() {
  if (phase.value !== "open") return <SignIn phase={phase.value} />;
  const state = connection.value;
  const old =
    state.phase === "waiting" ||
    state.phase === "stopped" ||
    (state.phase === "connecting" && state.lostAt !== null);
  return (
    <div class="screen" data-connection={state.phase} data-old={old}>
      <Header />
      <Banner />
      <CityView />
    </div>
  );
}
