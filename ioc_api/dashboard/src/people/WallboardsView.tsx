import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { TokenTable } from "../account/TokenTable";
import type { Grant, Token, Wallboard } from "../api/access";
import { post, send } from "../api/http";
import { t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { endOf } from "../parts/moment";
import { Once } from "../parts/Once";
import { Outcome } from "../parts/Outcome";
import { PageView } from "../parts/PageView";
import { followShown } from "../parts/shown";
import { Trouble } from "../parts/Trouble";
import { Listed } from "../store/lists";
import { may } from "../store/me";
import { GrantEditor } from "./GrantEditor";

const LOOK_MS = 15_000;
/** Where a screen on a wall begins. */
const ADDRESS = `${location.origin}/wall`;

/** Tokens of the screens on walls: what each of them shows, and making and revoking them. */
export function WallboardsView() {
  const list = useMemo(() => new Listed<Wallboard>(), []);
  const made = useSignal<Token | null>(null);
  const deed = useDeed();
  const read = (): Promise<void> => list.read("wallboards");
  useEffect(() => {
    read();
    // Which of them show the city is another thing every minute.
    return followShown(read, LOOK_MS);
  }, []);
  const write = may("people.write");
  return (
    <PageView page="wallboards" title={t("walls.title")}>
      <div class="cards">
        <section class="card card-wide">
          <p class="dim">{t("walls.what", { address: ADDRESS })}</p>
          <Trouble list={list} />
          {list.items.value !== null && (
            <TokenTable
              tokens={list.items.value}
              {...(write && {
                onRevoke: (one: Token) => deed.run(() => send("DELETE", `wallboards/${one.id}`).then(read)),
              })}
            />
          )}
          <Outcome deed={deed} />
          {made.value?.token && (
            <Once
              title={made.value.name}
              secret={made.value.token}
              note={t("walls.once", { address: ADDRESS })}
              onDone={() => {
                made.value = null;
              }}
            />
          )}
        </section>
        {write && (
          <section class="card card-wide">
            <h2>{t("walls.new")}</h2>
            <NewWallboard
              onMade={(token) => {
                made.value = token;
                read();
              }}
            />
          </section>
        )}
      </div>
    </PageView>
  );
}

function NewWallboard({ onMade }: { onMade: (token: Token) => void }) {
  const name = useSignal("");
  const ends = useSignal<number | null>(null);
  const grant = useSignal<Grant>({ role: "wallboard" });
  const deed = useDeed();
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.value.trim() === "") {
          deed.lacks(t("tokens.name_needed"));
          return;
        }
        const { areas = [], zones = [], domains = [] } = grant.value;
        const expires = endOf(ends.value);
        deed.run(async () => {
          const token = await post<Token>("wallboards", {
            name: name.value.trim(),
            areas,
            zones,
            domains,
            ...(expires !== null && { expires_at: expires }),
          });
          if (token === null) return;
          name.value = "";
          onMade(token);
        }, "");
      }}
    >
      <div class="form-row">
        <Field
          name="wall-name"
          label={t("tokens.name")}
          hint={t("walls.name_hint")}
          value={name.value}
          onValue={(value) => {
            name.value = value;
          }}
        />
        <DateTime
          name="wall-ends"
          day
          label={t("tokens.ends")}
          hint={t("walls.ends_hint")}
          value={ends.value}
          onValue={(value) => {
            ends.value = value;
          }}
        />
      </div>
      <GrantEditor
        single
        grants={[grant.value]}
        onGrants={([changed]) => {
          if (changed) grant.value = changed;
        }}
      />
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-due="true"
          data-act="make-wall"
          aria-disabled={deed.busy.value}
        >
          {t("tokens.make")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
