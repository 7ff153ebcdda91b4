import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { language, theme } from "../store/prefs";
import { Bell } from "./Bell";

/** The bell, language and theme, and what comes after them. */
export function Switches({ children }: { children?: ComponentChildren }) {
  const dark = theme.value === "dark";
  const look = t(dark ? "switch.to_light" : "switch.to_dark");
  return (
    <div class="switches">
      <Bell />
      <button
        type="button"
        class="switch"
        data-switch="language"
        lang={language.value === "vi" ? "en" : "vi"}
        onClick={() => {
          language.value = language.value === "vi" ? "en" : "vi";
        }}
      >
        {t("switch.language")}
      </button>
      <button
        type="button"
        class="switch switch-theme"
        data-switch="theme"
        title={look}
        aria-label={look}
        onClick={() => {
          theme.value = dark ? "light" : "dark";
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="5.5" class="theme-ring" />
          <path d="M8 2.500a5.500 5.500 0 0 1 0 11z" class="theme-half" />
        </svg>
      </button>
      {children}
    </div>
  );
}
