import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Permission } from "../api/access";
import { type Key, t } from "../i18n";
import { grantText } from "../people/grants";
import { signOut } from "../store/door";
import { may, me, wall } from "../store/me";
import { type PageName, place } from "../store/route";
import { lock } from "../store/session";

const ITEMS: readonly [PageName | "", Key, Permission][] = [
  ["", "page.city", "read"],
  ["account", "account.title", "self"],
  ["people", "people.title", "people.read"],
  ["wallboards", "walls.title", "people.read"],
  ["audit", "audit.title", "audit.read"],
];

/** Who is signed in, the pages they may see, locking and leaving. */
export function Menu() {
  const opened = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const away = (event: Event): void => {
      if (opened.peek() && !box.current?.contains(event.target as Node)) opened.value = false;
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, []);
  const who = me.value;
  const name = who?.full_name ?? t("menu.wall");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes from wherever the focus is within
    <div
      class="menu"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !opened.value) return;
        event.preventDefault();
        opened.value = false;
        button.current?.focus();
      }}
    >
      <button
        type="button"
        class="switch menu-button"
        data-menu
        ref={button}
        aria-expanded={opened.value}
        aria-controls="menu-items"
        title={name}
        aria-label={t("menu.title", { name })}
        onClick={() => {
          opened.value = !opened.value;
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="5.200" r="2.900" class="theme-ring" />
          <path d="M2.500 14c.500-3.500 2.600-5 5.500-5s5 1.500 5.500 5" class="theme-ring" />
        </svg>
      </button>
      {opened.value && (
        <nav id="menu-items" class="menu-items" aria-label={t("menu.pages")}>
          <div class="menu-who">
            <strong>{name}</strong>
            {who && <span class="dim">{who.name}</span>}
            {who?.grants.map((grant) => (
              <span key={JSON.stringify(grant)} class="dim">
                {grantText(grant)}
              </span>
            ))}
          </div>
          {ITEMS.filter(([page, , permission]) => may(permission) && !(wall.value && page !== "")).map(
            ([page, text]) => (
              <a
                key={page}
                href={`#/${page}`}
                aria-current={(place.value.page ?? "") === page ? "page" : undefined}
                onClick={() => {
                  opened.value = false;
                }}
              >
                {t(text)}
              </a>
            ),
          )}
          {!wall.value && (
            <button type="button" data-act="lock" onClick={() => lock()}>
              {t("menu.lock")}
            </button>
          )}
          <button type="button" data-act="sign-out" onClick={signOut}>
            {t(wall.value ? "menu.take_down" : "menu.sign_out")}
          </button>
        </nav>
      )}
    </div>
  );
}
