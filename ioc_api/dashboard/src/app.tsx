import { AccountView } from "./account/AccountView";
import { AuditView } from "./audit/AuditView";
import { CityView } from "./city/CityView";
import { t } from "./i18n";
import { PageView } from "./parts/PageView";
import { PeopleView } from "./people/PeopleView";
import { WallboardsView } from "./people/WallboardsView";
import { Banner } from "./shell/Banner";
import { Header } from "./shell/Header";
import { SignIn } from "./sign/SignIn";
import { may } from "./store/me";
import { phase } from "./store/phase";
import { place } from "./store/route";
import { connection } from "./store/system";

/** The whole screen: head, what is wrong if anything is, and the view; or the way in, and then nothing else. */
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
      <View />
    </div>
  );
}

function View() {
  switch (place.value.page) {
    case null:
      return <CityView />;
    case "account":
      return may("self") ? <AccountView /> : <Forbidden />;
    case "people":
      return may("people.read") ? <PeopleView /> : <Forbidden />;
    case "wallboards":
      return may("people.read") ? <WallboardsView /> : <Forbidden />;
    case "audit":
      return may("audit.read") ? <AuditView /> : <Forbidden />;
  }
}

/** An address that somebody else may go to. */
function Forbidden() {
  return (
    <PageView page="forbidden" title={t("page.forbidden")}>
      <p class="card">{t("page.forbidden_help")}</p>
    </PageView>
  );
}
