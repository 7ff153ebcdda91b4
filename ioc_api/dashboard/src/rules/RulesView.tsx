import "../styles/directory.css";
import "../styles/rule_form.css";
import "../styles/rule_trial.css";
import "../styles/rules.css";
import "../styles/silences.css";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Permission } from "../api/access";
import { t } from "../i18n";
import { PageView } from "../parts/PageView";
import { loadDepartments } from "../store/departments";
import { may } from "../store/me";
import { addressOf, place } from "../store/route";
import { Channels } from "./people/Channels";
import { Departments } from "./people/Departments";
import { Messages } from "./people/Messages";
import { Routes } from "./people/Routes";
import { RuleList } from "./RuleList";
import { Silences } from "./silences/Silences";

const TABS = {
  list: { needs: "rules.read", view: RuleList },
  departments: { needs: "rules.read", view: Departments },
  routes: { needs: "rules.read", view: Routes },
  channels: { needs: "channels.read", view: Channels },
  silences: { needs: "alerts.read", view: Silences },
  messages: { needs: "alerts.read", view: Messages },
} as const satisfies Record<string, { needs: Permission; view: () => JSX.Element }>;
type Tab = keyof typeof TABS;

/** What alerts are made of, and who is told of them. */
export function RulesView() {
  useEffect(() => {
    loadDepartments().catch((cause) => console.info(cause));
  }, []);
  const wanted = place.value.name ?? "list";
  const tab: Tab = Object.hasOwn(TABS, wanted) ? (wanted as Tab) : "list";
  const names = (Object.keys(TABS) as Tab[]).filter((name) => may(TABS[name].needs));
  const View = TABS[tab].view;
  return (
    <PageView page="rules" title={t("rules.title")}>
      <nav class="page-tabs" aria-label={t("rules.tabs")}>
        {names.map((name) => (
          <a
            key={name}
            href={addressOf("rules", name)}
            aria-current={name === tab ? "page" : undefined}
            data-tab={name}
          >
            {t(`ruletab.${name}`)}
          </a>
        ))}
      </nav>
      {may(TABS[tab].needs) ? <View key={tab} /> : <p class="card">{t("page.forbidden_help")}</p>}
    </PageView>
  );
}
