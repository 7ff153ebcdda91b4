import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Person } from "../api/access";
import { t } from "../i18n";
import { when } from "../parts/moment";
import { Once } from "../parts/Once";
import { PageView } from "../parts/PageView";
import { Trouble } from "../parts/Trouble";
import { loadDepartments } from "../store/departments";
import { Listed } from "../store/lists";
import { may } from "../store/me";
import { go, place } from "../store/route";
import { grantText } from "./grants";
import { NewPerson } from "./NewPerson";
import { PersonView } from "./PersonView";

export interface Link {
  name: string;
  link: string;
}

/** Who has an account and what they may do; one of them, or a new one, beside the list. */
export function PeopleView() {
  const list = useMemo(() => new Listed<Person>(), []);
  const q = useSignal("");
  const making = useSignal(false);
  const made = useSignal<Link | null>(null);
  const path = (): string =>
    `people?limit=100${q.value.trim() === "" ? "" : `&q=${encodeURIComponent(q.value.trim())}`}`;
  const read = (): Promise<void> => list.read(path());
  useEffect(() => {
    loadDepartments().catch((cause) => console.info(cause));
  }, []);
  // Asked for when the typing pauses.
  const wanted = q.value;
  useEffect(() => {
    const timer = setTimeout(read, wanted === "" ? 0 : 250);
    return () => clearTimeout(timer);
  }, [wanted]);
  const chosen = place.value.name;
  const items = list.items.value ?? [];
  return (
    <PageView page="people" title={t("people.title")}>
      <div class="beside" data-open={chosen !== null || making.value || made.value !== null}>
        <section class="card beside-list">
          <div class="form-row">
            <label class="field">
              <span class="unseen">{t("people.search")}</span>
              <input
                type="search"
                name="people-search"
                maxLength={100}
                placeholder={t("people.search")}
                value={q.value}
                onInput={(event) => {
                  q.value = event.currentTarget.value;
                }}
              />
            </label>
            {may("people.write") && (
              <button
                type="button"
                class="act"
                data-act="new-person"
                data-due="true"
                onClick={() => {
                  made.value = null;
                  making.value = true;
                  go("people");
                }}
              >
                {t("people.new")}
              </button>
            )}
          </div>
          <Trouble list={list} />
          {list.items.value !== null && items.length === 0 && <p class="dim">{t("people.none")}</p>}
          {items.length > 0 && (
            <div class="table-box">
              <table class="table table-people">
                <thead>
                  <tr>
                    <th scope="col">{t("people.who")}</th>
                    <th scope="col">{t("account.grants")}</th>
                    <th scope="col">{t("people.seen")}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr
                      key={one.name}
                      data-person={one.name}
                      data-disabled={one.disabled}
                      aria-current={one.name === chosen ? "true" : undefined}
                    >
                      <th scope="row">
                        <a
                          href={`#/people/${one.name}`}
                          onClick={() => {
                            making.value = false;
                            made.value = null;
                          }}
                        >
                          {one.full_name}
                        </a>
                        <span class="dim person-name">{one.name}</span>
                        <Badges person={one} />
                      </th>
                      <td>
                        <ul class="plain-list">
                          {one.grants.map((grant) => (
                            <li key={JSON.stringify(grant)}>{grantText(grant)}</li>
                          ))}
                        </ul>
                      </td>
                      <td class="number" data-name={t("people.seen")}>
                        {when(one.last_seen_at)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {list.next.value !== null && (
            <button type="button" class="alerts-more" onClick={() => list.more(path())}>
              {t("list.more")}
            </button>
          )}
        </section>
        {made.value !== null && chosen === null ? (
          <section class="card beside-one">
            <Once
              title={t("people.made", { name: made.value.name })}
              secret={made.value.link}
              note={t("people.link_note")}
              onDone={() => {
                const name = made.value?.name ?? "";
                made.value = null;
                go("people", name);
              }}
            />
          </section>
        ) : making.value && chosen === null ? (
          <NewPerson
            onBack={() => {
              making.value = false;
            }}
            onMade={(link) => {
              making.value = false;
              made.value = link;
              read();
            }}
          />
        ) : (
          chosen !== null && <PersonView key={chosen} name={chosen} onChanged={read} />
        )}
      </div>
    </PageView>
  );
}

/** What is unlike others about an account. */
export function Badges({ person }: { person: Person }) {
  return (
    <>
      {person.disabled && <span class="badge badge-off">{t("person.disabled")}</span>}
      {person.factor && <span class="badge badge-ok">{t("person.factor")}</span>}
      {person.oidc && <span class="badge">{t("person.oidc")}</span>}
      {!person.oidc && person.password_at === null && <span class="badge">{t("person.no_password")}</span>}
    </>
  );
}
