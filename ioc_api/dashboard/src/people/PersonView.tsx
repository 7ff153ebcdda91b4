import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { TokenTable } from "../account/TokenTable";
import type { Person, Token } from "../api/access";
import { ApiError, get, getAll, send } from "../api/http";
import { t } from "../i18n";
import { useDeed } from "../parts/deed";
import { when } from "../parts/moment";
import { Outcome } from "../parts/Outcome";
import { may } from "../store/me";
import { go } from "../store/route";
import { grantText } from "./grants";
import { Badges } from "./PeopleView";
import { PersonGrants } from "./PersonGrants";
import { PersonProfile } from "./PersonProfile";
import { WayBackIn } from "./WayBackIn";

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
              <PersonProfile
                key={`p${JSON.stringify([one.full_name, one.email, one.language])}`}
                person={one}
                onChanged={changed}
              />
              <PersonGrants key={`g${JSON.stringify(one.grants)}`} person={one} onChanged={changed} />
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
