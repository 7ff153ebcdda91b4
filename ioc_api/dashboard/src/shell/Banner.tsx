import { signal } from "@preact/signals";
import { formatAge, formatMoment } from "../format";
import { type Key, t } from "../i18n";
import { byServer, now } from "../store/clock";
import { signOut } from "../store/door";
import { locksIn } from "../store/idle";
import { lacking } from "../store/lacking";
import { tryAgain } from "../store/living";
import { me, session } from "../store/me";
import { go, place } from "../store/route";
import { connection, health } from "../store/system";

/** One line over the view when what is shown is not the present, and since when. */
export function Banner() {
  return (
    <div class="banners">
      <ConnectionBanner />
      <LackBanner />
      <SessionBanner />
    </div>
  );
}

/** Parts of what is shown that the server refuses: they stay empty, and that says nothing of the city. */
function LackBanner() {
  const topics = lacking.value;
  if (topics.length === 0 || connection.value.phase !== "live") return null;
  return (
    <div class="banner" data-banner="lacking" data-topics={topics.join(" ")} data-tone="late" role="alert">
      <strong>{t("lacking.title")}</strong>
      <span>
        {t("lacking.parts", { parts: topics.map((topic) => t(`topic.${topic}` as Key)).join(", ") })}
      </span>
    </div>
  );
}

/** Told so long before a session ends, whatever is done in it. */
const ENDING_MS = 10 * 60_000;

/** That this screen is about to lock itself, or its session about to end. */
function SessionBanner() {
  const seconds = locksIn.value;
  const ends = session.value === null ? Number.POSITIVE_INFINITY : Date.parse(session.value.expires_at);
  const left = ends - now.value;
  if (seconds !== null)
    return (
      <div class="banner" data-banner="locking" data-tone="late" role="alert">
        <strong>{t("lock.soon")}</strong>
        <span aria-hidden="true">{t("lock.seconds", { seconds })}</span>
        <span>{t("lock.stay")}</span>
      </div>
    );
  if (left > ENDING_MS) return <NoPassword />;
  return (
    <div class="banner" data-banner="ending" data-tone="late" role="status">
      <strong>{t("lock.ending", { time: formatMoment(ends, now.value) })}</strong>
      <span>{t("lock.ending_help")}</span>
      <button type="button" onClick={signOut}>
        {t("sign.again")}
      </button>
    </div>
  );
}

const later = signal(false);

/** Whoever came by a link would have to fetch another one when the screen has locked itself. */
function NoPassword() {
  const who = me.value;
  if (who === null || who.way !== "link" || who.password_at !== null || later.value) return null;
  if (place.value.page === "account") return null;
  return (
    <div class="banner" data-banner="no-password" data-tone="info" role="status">
      <strong>{t("lock.none")}</strong>
      <span>{t("lock.none_help")}</span>
      <button type="button" data-act="set-password" onClick={() => go("account")}>
        {t("lock.set")}
      </button>
      <button
        type="button"
        data-act="later"
        onClick={() => {
          later.value = true;
        }}
      >
        {t("lock.later")}
      </button>
    </div>
  );
}

function ConnectionBanner() {
  const state = connection.value;
  if (state.phase === "stopped") return <Stopped code={state.code} lostAt={state.lostAt} />;
  if (state.phase === "waiting" || (state.phase === "connecting" && state.lostAt !== null)) {
    const lostAt = byServer(state.lostAt ?? 0);
    const values = { time: formatMoment(lostAt, now.value), age: formatAge((now.value - lostAt) / 1000) };
    const seconds = state.phase === "waiting" ? Math.ceil((byServer(state.retryAt) - now.value) / 1000) : 0;
    const next =
      seconds > 0
        ? t("connection.next", { attempt: state.attempt, seconds })
        : t("connection.trying", { attempt: Math.max(1, state.attempt) });
    return (
      <div class="banner" data-banner="reconnecting" data-tone="late" role="alert">
        <strong>{t("connection.waiting")}</strong>
        <span>{t("connection.lost", values)}</span>
        <span class="banner-more">{next}</span>
        <button type="button" onClick={tryAgain}>
          {t("connection.retry")}
        </button>
      </div>
    );
  }
  const source = health.value;
  if (!source || source.source === "ok") return null;
  const stopped = source.source === "stopped";
  return (
    <div class="banner" data-banner="source" data-tone={stopped ? "off" : "late"} role="alert">
      <strong>{t(stopped ? "source.stopped" : "source.degraded")}</strong>
      <span>
        {stopped
          ? t("source.stopped_long")
          : t("source.degraded_long", { age: formatAge(source.ingest_lag_s ?? 0) })}
      </span>
    </div>
  );
}

const EXPLAINED = new Set([4400, 4403, 4408, 4429]);

function Stopped({ code, lostAt }: { code: number; lostAt: number }) {
  const time = formatMoment(byServer(lostAt), now.value);
  return (
    <div class="banner" data-banner="stopped" data-tone="off" role="alert">
      <strong>{t("connection.stopped")}</strong>
      <span>{t("connection.refused", { code, time })}</span>
      {EXPLAINED.has(code) && <span>{t(`close.${code}` as Key)}</span>}
      <button type="button" onClick={() => (code === 4400 ? location.reload() : tryAgain())}>
        {t(code === 4400 ? "connection.reload" : "connection.retry")}
      </button>
    </div>
  );
}
