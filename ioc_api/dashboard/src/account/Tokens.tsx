import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Grant, type Me, ROLES, type Token } from "../api/access";
import { post, send } from "../api/http";
import { t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { dayFromNow, endOf } from "../parts/moment";
import { Once } from "../parts/Once";
import { Outcome } from "../parts/Outcome";
import { Trouble } from "../parts/Trouble";
import { GrantEditor } from "../people/GrantEditor";
import { lacking, sent } from "../people/grants";
import { Listed } from "../store/lists";
import { TokenTable } from "./TokenTable";

const DAYS = 90;

/** What programs of one's own show instead of a password. */
export function Tokens({ me }: { me: Me }) {
  const list = useMemo(() => new Listed<Token>(), []);
  const opened = useSignal(false);
  const made = useSignal<Token | null>(null);
  const deed = useDeed();
  const read = (): Promise<void> => list.read("me/tokens");
  useEffect(() => {
    read();
  }, []);
  return (
    <>
      <p class="dim">{t("tokens.what")}</p>
      <Trouble list={list} />
      {list.items.value !== null && (
        <TokenTable
          tokens={list.items.value}
          onRevoke={(one) => deed.run(() => send("DELETE", `me/tokens/${one.id}`).then(read))}
        />
      )}
      <Outcome deed={deed} />
      {made.value?.token && (
        <Once
          title={made.value.name}
          secret={made.value.token}
          note={t("tokens.once")}
          onDone={() => {
            made.value = null;
          }}
        />
      )}
      {opened.value ? (
        <NewToken
          me={me}
          onBack={() => {
            opened.value = false;
          }}
          onMade={(token) => {
            made.value = token;
            opened.value = false;
            read();
          }}
        />
      ) : (
        <div class="do-buttons">
          <button
            type="button"
            class="act"
            data-act="new-token"
            onClick={() => {
              opened.value = true;
            }}
          >
            {t("tokens.new")}
          </button>
        </div>
      )}
    </>
  );
}

function NewToken({ me, onMade, onBack }: { me: Me; onMade: (token: Token) => void; onBack: () => void }) {
  // Whoever administers may give a token any role; else those one has, and that of who only looks.
  const mine = new Set(me.grants.map((grant) => grant.role));
  const roles = ROLES.filter((role) => mine.has("administrator") || mine.has(role) || role === "viewer");
  const own = me.grants[0];
  const name = useSignal("");
  const ends = useSignal<number | null>(dayFromNow(DAYS));
  const grants = useSignal<Grant[]>([
    own && own.role !== "administrator" ? { ...own, ends_at: null } : { role: "viewer" },
  ]);
  const deed = useDeed();
  return (
    <form
      class="form form-new"
      onSubmit={(event) => {
        event.preventDefault();
        const lacks = name.value.trim() === "" ? t("tokens.name_needed") : lacking(grants.value);
        if (lacks !== null) {
          deed.lacks(lacks);
          return;
        }
        deed.run(async () => {
          const token = await post<Token>("me/tokens", {
            name: name.value.trim(),
            expires_at: endOf(ends.value),
            grants: grants.value.map(sent),
          });
          if (token) onMade(token);
        }, "");
      }}
    >
      <h3>{t("tokens.new")}</h3>
      <div class="form-row">
        <Field
          name="token-name"
          label={t("tokens.name")}
          hint={t("tokens.name_hint")}
          value={name.value}
          onValue={(value) => {
            name.value = value;
          }}
          autofocus
        />
        <DateTime
          name="token-ends"
          day
          label={t("tokens.ends")}
          hint={t("tokens.ends_hint")}
          value={ends.value}
          onValue={(value) => {
            ends.value = value;
          }}
        />
      </div>
      <GrantEditor
        grants={grants.value}
        roles={roles}
        onGrants={(value) => {
          grants.value = value;
        }}
      />
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-due="true"
          data-act="make-token"
          aria-disabled={deed.busy.value}
        >
          {t("tokens.make")}
        </button>
        <button type="button" class="act" onClick={onBack}>
          {t("deed.back")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
