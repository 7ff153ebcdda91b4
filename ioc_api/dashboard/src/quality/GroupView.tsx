import { useSignal } from "@preact/signals";
import { word } from "../alerts/words";
import { get } from "../api/http";
import type { Group, WholeItem } from "../api/quarantine";
import type { Page } from "../api/types";
import { formatNumber } from "../format";
import { t } from "../i18n";
import { exactly } from "../parts/moment";
import { Bytes } from "./Bytes";
import { Fixes } from "./Fixes";
import { closeGroup } from "./InboxTab";
import { Items } from "./Items";
import { Leave } from "./Leave";
import { Replays } from "./Replays";
import { useReading } from "./reading";
import { Standing } from "./Standing";
import { formSaid } from "./said";
import { fromWhere } from "./words";

const EVERY_MS = 10_000;

interface Found {
  group: Group | null;
  sample: WholeItem | null;
}

/** A group and the item that is looked at; a group whose items have all entered is no more. */
async function read(path: string): Promise<Found> {
  const [reason = "", shape = "", item = ""] = path.split("|");
  const query = new URLSearchParams({ reason, shape });
  const group = (await get<Page<Group>>(`quarantine/shapes?${query}`)).items[0] ?? null;
  const number = item !== "" ? item : group?.sample;
  return { group, sample: number === undefined ? null : await get<WholeItem>(`quarantine/${number}`) };
}

/** Messages with the same trouble: what came, what is wrong, what to do; a fix that is tried, and then replayed. */
export function GroupView({ name, onChange }: { name: string; onChange: () => void }) {
  const item = useSignal<number | null>(null);
  const [reason = "", shape = ""] = name.split(".");
  const found = useReading<Found>(`${reason}|${shape}|${item.value ?? ""}`, EVERY_MS, read);
  const group = found.value.value?.group ?? null;
  const sample = found.value.value?.sample ?? null;
  const asked = useSignal(0);
  const again = (): void => {
    found.again();
    onChange();
  };
  return (
    <section class="card group" data-opened={name} aria-labelledby="group-head">
      <div class="group-head">
        <h2 id="group-head">{word(`quarantine.${reason}`, reason)}</h2>
        <button type="button" class="alert-back" onClick={closeGroup}>
          {t("quality.close")}
        </button>
      </div>
      <p>{word(`remedy.${reason}`, reason)}</p>
      <Standing of={found} />
      {found.value.value !== null && group === null && <p class="quality-calm">{t("quality.all_in")}</p>}
      {group !== null && (
        <dl class="pairs">
          <Fact name={t("quality.from")}>{fromWhere(group.pattern)}</Fact>
          <Fact name={t("quality.form")}>
            <code class="group-form-whole">{formSaid(group.form)}</code>
          </Fact>
          <Fact name={t("quality.count")}>
            {t("quality.counts", {
              items: formatNumber(group.items),
              readings: formatNumber(group.readings),
              sensors: formatNumber(group.sensors),
            })}
          </Fact>
          <Fact name={t("quality.span")}>
            {exactly(group.first)} – {exactly(group.last)}
          </Fact>
        </dl>
      )}
      {sample !== null && group !== null && (
        <>
          <Bytes item={sample} />
          <Items group={group} shown={sample.id} onItem={(id) => (item.value = id)} />
          <Fixes
            group={group}
            sample={sample}
            onChange={() => {
              asked.value += 1;
              again();
            }}
          />
        </>
      )}
      <Replays reason={reason} shape={shape} asked={asked.value} onChange={again} />
      {group !== null && <Leave group={group} onChange={again} />}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
