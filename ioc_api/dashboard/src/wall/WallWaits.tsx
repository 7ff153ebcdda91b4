import { t, tOther } from "../i18n";

/** Nothing to show yet, told so that it is read from the other end of the room. */
export function WallWaits({ phase }: { phase: "opening" | "unreachable" | "failed" }) {
  return (
    <main class="wall wall-waits" data-wall={phase}>
      <p role="status">
        <strong>{t(`wall.${phase}`)}</strong>
        <span class="wall-other" lang={tOther(`wall.${phase}`).lang}>
          {tOther(`wall.${phase}`).text}
        </span>
      </p>
    </main>
  );
}
