import type { JSX } from "preact";
import { CityView } from "./city/CityView";
import { t } from "./i18n";
import { lazy } from "./parts/lazy";
import { PageView } from "./parts/PageView";
import { Banner } from "./shell/Banner";
import { Header } from "./shell/Header";
import { Rail } from "./shell/Rail";
import { SignIn } from "./sign/SignIn";
import { may } from "./store/me";
import { phase } from "./store/phase";
import { PAGES, type PageName, place } from "./store/route";
import { connection } from "./store/system";
import { reloadSoon } from "./wall/again";

/** Every page but the city is fetched when somebody goes there. */
const VIEWS: Record<PageName, () => JSX.Element> = {
  boards: lazy(() => import("./boards/BoardsView").then((m) => m.BoardsView)),
  desk: lazy(() => import("./desk/DeskView").then((m) => m.DeskView)),
  history: lazy(() => import("./history/HistoryView").then((m) => m.HistoryView)),
  replay: lazy(() => import("./replay/ReplayView").then((m) => m.ReplayView)),
  rules: lazy(() => import("./rules/RulesView").then((m) => m.RulesView)),
  sensors: lazy(() => import("./sensors/SensorsView").then((m) => m.SensorsView)),
  quality: lazy(() => import("./quality/QualityView").then((m) => m.QualityView)),
  handover: lazy(() => import("./handover/HandoverView").then((m) => m.HandoverView)),
  account: lazy(() => import("./account/AccountView").then((m) => m.AccountView)),
  people: lazy(() => import("./people/PeopleView").then((m) => m.PeopleView)),
  wallboards: lazy(() => import("./people/WallboardsView").then((m) => m.WallboardsView)),
  audit: lazy(() => import("./audit/AuditView").then((m) => m.AuditView)),
};

/** The city for a room, at an address of its own. */
const Wall =
  location.pathname === "/wall"
    ? lazy(() =>
        import("./wall/Wall").then(
          (m) => m.Wall,
          (cause) => {
            // Nobody stands before it to press "try again".
            reloadSoon();
            throw cause;
          },
        ),
      )
    : null;

/** The whole screen: head, what is wrong if anything is, and the view; or the way in, and then nothing else. */
export function App() {
  if (Wall) return <Wall />;
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
      <Rail />
      <View />
    </div>
  );
}

function View() {
  const { page } = place.value;
  if (page === null) return <CityView />;
  if (!may(PAGES[page])) return <Forbidden />;
  const Page = VIEWS[page];
  return <Page key={page} />;
}

/** An address that somebody else may go to. */
function Forbidden() {
  return (
    <PageView page="forbidden" title={t("page.forbidden")}>
      <p class="card">{t("page.forbidden_help")}</p>
    </PageView>
  );
}
