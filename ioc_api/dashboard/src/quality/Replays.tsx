import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Replay } from "../api/quarantine";
import type { Page } from "../api/types";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { exactly } from "../parts/moment";
import { useReading } from "./reading";
import { detailSaid } from "./said";

interface Props {
  reason: string;
  shape: string;
  /** grows with each replay that is asked for here */
  asked: number;
  onChange: () => void;
}

const BUSY_MS = 1_500;
const CALM_MS = 15_000;

/** Replays of a group: who asked, with which fix, and how far they are. Asked often while one is under way. */
export function Replays({ reason, shape, asked, onChange }: Props) {
  const everyMs = useSignal(CALM_MS);
  const list = useReading<Page<Replay>>(`quarantine/replays?shape=${shape}&limit=10`, everyMs.value);
  const mine = (list.value.value?.items ?? []).filter((r) => (r.filter.reason ?? reason) === reason);
  const waiting = mine.reduce((sum, r) => sum + r.waiting, 0);
  everyMs.value = waiting > 0 ? BUSY_MS : CALM_MS;
  useEffect(() => {
    if (asked > 0) list.again();
  }, [asked]);
  const before = useRef(0);
  // What has entered is no more in the group.
  useEffect(() => {
    if (waiting < before.current) onChange();
    before.current = waiting;
  }, [waiting]);
  if (mine.length === 0) return null;
  return (
    <section class="replays">
      <h3>{t("quality.replays")}</h3>
      <ul class="plain-list">
        {mine.map((replay) => (
          <li key={replay.id} class="replay" data-replay={replay.id} data-waiting={replay.waiting}>
            <p>
              <strong>{replay.author}</strong> <span class="dim number">{exactly(replay.made_at)}</span>{" "}
              {replay.note !== "" && <q>{replay.note}</q>}
            </p>
            <progress
              max={Math.max(1, replay.items)}
              value={replay.items - replay.waiting}
              aria-label={t("quality.progress")}
            />
            <p class="dim">
              {t(replay.waiting > 0 ? "quality.replay_running" : "quality.replay_over", {
                items: formatNumber(replay.items),
                done: formatNumber(replay.items - replay.waiting),
                entered: formatNumber(replay.entered),
                stays: formatNumber(replay.stays),
                stored: formatNumber(replay.stored),
                duplicate: formatNumber(replay.duplicate),
              })}
            </p>
            {replay.why.slice(0, 3).map((why) => (
              <p key={why.detail} class="replay-why">
                {formatNumber(why.items)} × {detailSaid(why.detail)}
              </p>
            ))}
            {replay.fix !== null && (
              <details>
                <summary>{t("quality.fix_used")}</summary>
                <pre class="becomes">{JSON.stringify(replay.fix, null, 2)}</pre>
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
