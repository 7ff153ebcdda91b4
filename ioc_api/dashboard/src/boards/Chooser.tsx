import { nameOf, t } from "../i18n";
import { areas, liveZones } from "../store/registry";
import { go } from "../store/route";
import { type Choice, linkOf, queryOf, RANGES, type Range } from "./choice";

/** Where and how far back: all of it is in the address. */
export function Chooser({ choice }: { choice: Choice }) {
  const value =
    choice.zone !== null ? `zone:${choice.zone}` : choice.area !== null ? `area:${choice.area}` : "";
  const choose = (picked: string): void => {
    const [kind, code = ""] = picked.split(":");
    const zone = kind === "zone" ? liveZones.value.find((one) => one.code === code) : undefined;
    const area = zone?.area ?? (kind === "area" ? code : null);
    const next: Choice = { ...choice, area, zone: zone?.code ?? null, sensor: null };
    go("boards", choice.domain ?? "", queryOf(next));
  };
  return (
    <div class="board-chooser">
      <label class="field">
        <span class="unseen">{t("boards.place")}</span>
        <select name="board-place" value={value} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{t("boards.whole_city")}</option>
          {areas.value.map((area) => (
            <optgroup key={area.code} label={nameOf(area)}>
              <option value={`area:${area.code}`}>{t("boards.whole_area", { area: nameOf(area) })}</option>
              {liveZones.value
                .filter((zone) => zone.area === area.code)
                .map((zone) => (
                  <option key={zone.code} value={`zone:${zone.code}`}>
                    {nameOf(zone)}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      <nav class="board-ranges" aria-label={t("boards.range")}>
        {(Object.keys(RANGES) as Range[]).map((range) => (
          <a
            key={range}
            href={linkOf(choice, { range })}
            aria-current={choice.range === range ? "true" : undefined}
          >
            {t(`boardrange.${range}`)}
          </a>
        ))}
      </nav>
    </div>
  );
}
