import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { PageView } from "../parts/PageView";
import { grantText } from "../people/grants";
import { loadDepartments } from "../store/departments";
import { may, me } from "../store/me";
import { Factor } from "./Factor";
import { Password } from "./Password";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";

/** One's own account: who one is, what shows it, where one is signed in, and what acts in one's name. */
export function AccountView() {
  useEffect(() => {
    if (may("rules.read")) loadDepartments().catch((cause) => console.info(cause));
  }, []);
  const who = me.value;
  if (who === null) return null;
  return (
    <PageView page="account" title={t("account.title")}>
      <div class="cards">
        <section class="card">
          <h2>{t("account.profile")}</h2>
          <Profile me={who} />
          <h3>{t("account.grants")}</h3>
          <ul class="plain-list">
            {who.grants.map((grant) => (
              <li key={JSON.stringify(grant)}>{grantText(grant)}</li>
            ))}
          </ul>
        </section>
        <section class="card">
          <h2>{t("password.title")}</h2>
          <Password me={who} />
        </section>
        <section class="card" data-card="factor">
          <h2>{t("factor.title")}</h2>
          <Factor me={who} />
        </section>
        <section class="card card-wide">
          <h2>{t("sessions.title")}</h2>
          <Sessions />
        </section>
        <section class="card card-wide" data-card="tokens">
          <h2>{t("tokens.title")}</h2>
          <Tokens me={who} />
        </section>
      </div>
    </PageView>
  );
}
