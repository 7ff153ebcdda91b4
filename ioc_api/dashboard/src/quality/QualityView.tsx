import "../styles/quality.css";
import "../styles/mend.css";
import "../styles/balance.css";
import "../styles/trust.css";
import type { JSX } from "preact";
import type { Permission } from "../api/access";
import { type Key, t } from "../i18n";
import { PageView } from "../parts/PageView";
import { may } from "../store/me";
import { addressOf, place } from "../store/route";
import { BalanceTab } from "./BalanceTab";
import { InboxTab } from "./InboxTab";
import { ServicesTab } from "./ServicesTab";
import { TrustTab } from "./TrustTab";

interface Tab {
  name: string;
  permission: Permission;
  text: Key;
  view: () => JSX.Element;
}

const TABS: readonly Tab[] = [
  { name: "quarantine", permission: "quarantine", text: "quality.quarantine", view: InboxTab },
  { name: "balance", permission: "system", text: "quality.balance", view: BalanceTab },
  { name: "sensors", permission: "read", text: "quality.sensors", view: TrustTab },
  { name: "services", permission: "system", text: "quality.services", view: ServicesTab },
];

/** Whether what comes in can be relied upon: what was not stored, what became of all, whom to trust, who works. */
export function QualityView() {
  const offered = TABS.filter((tab) => may(tab.permission));
  const named = place.value.name;
  const tab = offered.find((one) => one.name === named) ?? (named === null ? offered[0] : undefined);
  const View = tab?.view;
  return (
    <PageView page="quality" title={t("quality.title")}>
      <nav class="quality-tabs" aria-label={t("quality.title")}>
        {offered.map((one) => (
          <a
            key={one.name}
            href={addressOf("quality", one.name)}
            data-tab={one.name}
            aria-current={one === tab ? "page" : undefined}
          >
            {t(one.text)}
          </a>
        ))}
      </nav>
      {View === undefined ? <p class="card">{t("quality.no_tab")}</p> : <View key={tab?.name} />}
    </PageView>
  );
}
