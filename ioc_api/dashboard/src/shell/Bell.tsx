import "../styles/bell.css";
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatMoment, formatNumber } from "../format";
import { t } from "../i18n";
import { followAlarms, MINUTES, mute, mutedUntil, news } from "../store/alarm";
import { now } from "../store/clock";
import { may, wall } from "../store/me";
import { phase } from "../store/phase";
import { allow, blocked, chime, followTouch } from "../store/sound";

/** Whether the bell's menu is open; the alert desk opens it by its key. */
export const ringing = signal(false);

/** The bell in the head: that it sounds, until when it is muted, or that the browser does not let it. */
export function Bell() {
  if (phase.value !== "open" || wall.value || !may("alerts.act")) return null;
  return <Hung />;
}

function Hung() {
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const ends = [followTouch(), followAlarms()];
    const away = (event: Event): void => {
      if (ringing.peek() && !box.current?.contains(event.target as Node)) ringing.value = false;
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      for (const end of ends) end();
      ringing.value = false;
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, []);
  // Opened by a key, it has the focus: before it is painted, so that the next key is its own.
  useLayoutEffect(() => {
    if (ringing.value) box.current?.querySelector<HTMLElement>(".bell-menu button")?.focus();
  }, [ringing.value]);
  const until = mutedUntil.value;
  const state = until !== null ? "muted" : blocked.value ? "blocked" : "on";
  const said =
    until !== null
      ? t("bell.muted", { time: formatMoment(until, now.value).slice(0, -3) })
      : t(state === "blocked" ? "bell.blocked" : "bell.on");
  const close = (): void => {
    ringing.value = false;
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes from wherever the focus is within
    <div
      class="menu bell"
      data-bell={state}
      data-news={news.value.size}
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !ringing.value) return;
        event.preventDefault();
        close();
      }}
    >
      <button
        type="button"
        class="switch bell-button"
        ref={button}
        aria-expanded={ringing.value}
        title={said}
        onClick={() => {
          ringing.value = !ringing.value;
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4.200 11V7.300a3.800 3.800 0 0 1 7.600 0V11l1.200 1.500H3z M6.800 14.200h2.400" />
          {state !== "on" && <path d="M2 2L14 14" />}
        </svg>
        <span class={state === "on" ? "unseen" : "bell-said"}>{said}</span>
        {news.value.size > 0 && (
          <span class="bell-news number" title={t("bell.news", { count: news.value.size })}>
            {formatNumber(news.value.size)}
          </span>
        )}
      </button>
      {ringing.value && (
        <div class="menu-items bell-menu">
          <p class="menu-who" role="status">
            <span>{said}</span>
            {state === "blocked" && <span class="dim">{t("bell.allow_help")}</span>}
          </p>
          {state === "blocked" && (
            <button type="button" data-act="allow" onClick={() => allow()}>
              {t("bell.allow")}
            </button>
          )}
          {MINUTES.map((minutes) => (
            <button
              key={minutes}
              type="button"
              data-mute={minutes}
              onClick={() => {
                mute(minutes);
                close();
              }}
            >
              {t("bell.mute", { minutes })}
            </button>
          ))}
          {until !== null && (
            <button
              type="button"
              data-mute="0"
              onClick={() => {
                mute(0);
                close();
              }}
            >
              {t("bell.sound")}
            </button>
          )}
          <button type="button" data-act="try" onClick={() => chime()}>
            {t("bell.try")}
          </button>
        </div>
      )}
    </div>
  );
}
