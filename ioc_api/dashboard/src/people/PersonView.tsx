import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { LanguageChoice } from "../account/Profile";
import { TokenTable } from "../account/TokenTable";
import type { Grant, Person, Token } from "../api/access";
import { ApiError, get, getAll, send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { when } from "../parts/moment";
import { Once } from "../parts/Once";
import { Outcome } from "../parts/Outcome";
import { may, me } from "../store/me";
import { go } from "../store/route";
import { GrantEditor } from "./GrantEditor";
import { grantText, lacking, sent } from "./grants";
import { Badges } from "./PeopleView";

/** One account: who it is, what they may do, and what shows who they are. */
export function PersonView({ name, onChanged }: { name: string; onChanged: () => void }) {
  const person = useSignal<Person | null>(null);
  const tokens = useSignal<Token[]>([]);
  const trouble = useSignal<"missing" | "unreachable" | null>(null);
  const read = async (): Promise<void> => {
    try {
      person.value = await get<Person>(`people/${name}`);
      tokens.value = await getAll<Token>(`people/${name}/tokens`);
      trouble.value = null;
    } catch (cause) {
      trouble.value = cause instanceof ApiError && cause.status === 404 ? "missing" : "unreachable";
    }
  };
  useEffect(() => {
    read();
  }, [name]);
  const changed = async (): Promise<void> => {
    await read();
    onChanged();
  };
  const one = person.value;
  return (
    <section class="card beside-one" data-view-person={name} data-revision={one?.revision}>
      <div class="person-head">
        <h2>{one?.full_name ?? name}</h2>
        {one && <Badges person={one} />}
        <button
          type="button"
          class="close"
          title={t("sensor.close")}
          aria-label={t("sensor.close")}
          onClick={() => go("people")}
        >
          ×
        </button>
      </div>
      {trouble.value !== null && (
        <p class="list-trouble" role="alert">
          {t(trouble.value === "missing" ? "people.missing" : "list.unreachable", { name })}
        </p>
      )}
      {one && (
        <>
          <p class="dim">
            {t("person.since", { time: when(one.created_at) })} · {t("people.seen")}: {when(one.last_seen_at)}
          </p>
          {may("people.write") ? (
            <>
              <EditProfile key={`p${one.revision}`} person={one} onChanged={changed} />
              <EditGrants key={`g${one.revision}`} person={one} onChanged={changed} />
              <WayBackIn person={one} onChanged={changed} />
            </>
          ) : (
            <ul class="plain-list">
              {one.grants.map((grant) => (
                <li key={JSON.stringify(grant)}>{grantText(grant)}</li>
              ))}
            </ul>
          )}
          <h3>{t("tokens.title")}</h3>
          <PersonTokens name={name} tokens={tokens.value} onChanged={changed} />
        </>
      )}
    </section>
  );
}

interface Changing {
  person: Person;
  onChanged: () => Promise<void>;
}

function EditProfile({ person, onChanged }: Changing) {
  const fullName = useSignal(person.full_name);
  const email = useSignal(person.email);
  const speaks = useSignal(person.language);
  const deed = useDeed();
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(async () => {
          await send("PATCH", `people/${person.name}`, {
            revision: person.revision,
            full_name: fullName.value.trim(),
            email: email.value.trim(),
            language: speaks.value,
          });
          await onChanged();
        });
      }}
    >
      <div class="form-row">
        <Field
          name="person-name"
          label={t("sign.name")}
          value={person.name}
          onValue={() => {}}
          readOnly
          code
        />
        <Field
          name="person-full-name"
          label={t("person.full_name")}
          value={fullName.value}
          onValue={(value) => {
            fullName.value = value;
          }}
        />
      </div>
      <Field
        name="person-email"
        type="email"
        label={t("person.email")}
        maxLength={320}
        value={email.value}
        onValue={(value) => {
          email.value = value;
        }}
      />
      <LanguageChoice
        value={speaks.value}
        onValue={(value) => {
          speaks.value = value;
        }}
      />
      <div class="do-buttons">
        <button type="submit" class="act" data-act="save-person" aria-disabled={deed.busy.value}>
          {t("deed.save")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}

function EditGrants({ person, onChanged }: Changing) {
  const grants = useSignal<Grant[]>(person.grants);
  const deed = useDeed();
  const touched = JSON.stringify(grants.value.map(sent)) !== JSON.stringify(person.grants.map(sent));
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        const lacks = lacking(grants.value);
        if (lacks !== null) {
          deed.lacks(lacks);
          return;
        }
        deed.run(async () => {
          await send("PUT", `people/${person.name}/grants`, {
            revision: person.revision,
            grants: grants.value.map(sent),
          });
          await onChanged();
        });
      }}
    >
      <h3>{t("account.grants")}</h3>
      <GrantEditor
        grants={grants.value}
        onGrants={(value) => {
          grants.value = value;
        }}
      />
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-act="save-grants"
          data-due={touched}
          disabled={!touched}
          aria-disabled={deed.busy.value}
        >
          {t("grant.save")}
        </button>
        <span class="dim">{t("grant.effect")}</span>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}

/** A new link, the end of all sessions, and the end of the account. */
function WayBackIn({ person, onChanged }: Changing) {
  const factor = useSignal(false);
  const link = useSignal<string | null>(null);
  const sure = useSignal(false);
  const deed = useDeed();
  const path = `people/${person.name}`;
  const self = me.value?.name === person.name;
  return (
    <div class="form">
      <h3>{t("person.ways")}</h3>
      {link.value !== null && (
        <Once
          title={person.full_name}
          secret={link.value}
          note={t("people.link_note")}
          onDone={() => {
            link.value = null;
          }}
        />
      )}
      {!person.disabled && (
        <div class="do-buttons">
          <button
            type="button"
            class="act"
            data-act="reset"
            aria-disabled={deed.busy.value}
            onClick={() =>
              deed.run(async () => {
                const answer = await send<{ link: string }>("POST", `${path}/reset`, {
                  factor: factor.value,
                });
                link.value = answer?.link ?? null;
                await onChanged();
              }, "")
            }
          >
            {t("person.reset")}
          </button>
          {person.factor && (
            <label class="choice">
              <input
                type="checkbox"
                name="reset-factor"
                checked={factor.value}
                onChange={(event) => {
                  factor.value = event.currentTarget.checked;
                }}
              />
              {t("person.reset_factor")}
            </label>
          )}
        </div>
      )}
      <p class="dim">{t("person.reset_note")}</p>
      <div class="do-buttons">
        {!self && !person.disabled && (
          <button
            type="button"
            class="act"
            data-act="end-sessions"
            aria-disabled={deed.busy.value}
            onClick={() => deed.run(() => send("DELETE", `${path}/sessions`).then(onChanged))}
          >
            {t("person.end_sessions")}
          </button>
        )}
        {person.disabled ? (
          <button
            type="button"
            class="act"
            data-act="enable"
            aria-disabled={deed.busy.value}
            onClick={() => deed.run(() => send("POST", `${path}/enable`, {}).then(onChanged))}
          >
            {t("person.enable")}
          </button>
        ) : (
          !self && (
            <button
              type="button"
              class="act act-off"
              data-act="disable"
              aria-disabled={deed.busy.value}
              onClick={() => {
                if (!sure.value) {
                  sure.value = true;
                  deed.lacks(t("person.disable_sure"));
                  return;
                }
                sure.value = false;
                deed.run(() => send("POST", `${path}/disable`, {}).then(onChanged));
              }}
            >
              {t(sure.value ? "person.disable_now" : "person.disable")}
            </button>
          )
        )}
      </div>
      <Outcome deed={deed} />
    </div>
  );
}

function PersonTokens({
  name,
  tokens,
  onChanged,
}: {
  name: string;
  tokens: Token[];
  onChanged: () => Promise<void>;
}) {
  const deed = useDeed();
  return (
    <>
      <TokenTable
        tokens={tokens}
        {...(may("people.write") && {
          onRevoke: (one: Token) =>
            deed.run(() => send("DELETE", `people/${name}/tokens/${one.id}`).then(onChanged)),
        })}
      />
      <Outcome deed={deed} />
    </>
  );
}
