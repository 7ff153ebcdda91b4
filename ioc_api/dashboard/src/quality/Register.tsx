import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { post } from "../api/http";
import type { Group, Item } from "../api/quarantine";
import { nameOf, t } from "../i18n";
import { useDeed } from "../parts/deed";
import { Field } from "../parts/Field";
import { Outcome } from "../parts/Outcome";
import { Listed } from "../store/lists";
import { liveZones } from "../store/registry";
import { Select } from "./Select";

interface Props {
  group: Group;
  /** a sensor has been registered */
  onDone: () => void;
  /** try it as if all of them were */
  onSuppose: () => void;
}

/** Register the sensors that messages of the group name, one after the other, where their topics say. */
export function Register({ group, onDone, onSuppose }: Props) {
  const list = useMemo(() => new Listed<Item>(), []);
  const query = new URLSearchParams({
    reason: group.reason,
    shape: group.shape,
    replayed: "false",
    limit: "200",
  });
  useEffect(() => void list.read(`quarantine?${query}`), [group.sample, group.items]);
  const registered = useSignal<ReadonlySet<string>>(new Set());
  const [area = "", domain = ""] = group.pattern.split("/");
  const ids = [...new Set((list.items.value ?? []).map((item) => item.sensor_id ?? ""))]
    .filter((id) => id !== "" && !registered.value.has(id))
    .sort();
  const chosen = useSignal("");
  const zone = useSignal("");
  const name = useSignal("");
  const deed = useDeed();
  const id = ids.includes(chosen.value) ? chosen.value : (ids[0] ?? "");
  if (id === "") return null;
  const zones = liveZones.value.filter((z) => z.area === area);
  return (
    <form
      class="form fix-part"
      data-part="register"
      onSubmit={(event) => {
        event.preventDefault();
        const body = {
          sensor_id: id,
          area,
          domain,
          zone: zone.value === "" ? null : zone.value,
          name: name.value.trim(),
        };
        void deed
          .run(() => post("sensors", body), t("quality.registered", { id }))
          .then((done) => {
            if (!done) return;
            registered.value = new Set([...registered.value, id]);
            name.value = "";
            onDone();
          });
      }}
    >
      <h4>{t("quality.register")}</h4>
      <p class="dim">{t("quality.register_help", { count: ids.length })}</p>
      <div class="form-row">
        <Select
          name="register-id"
          label={t("quality.sensor_id")}
          value={id}
          options={ids.map((one) => [one, one])}
          onValue={(value) => {
            chosen.value = value;
          }}
        />
        <Field
          name="register-name"
          label={t("quality.sensor_name")}
          value={name.value}
          onValue={(value) => {
            name.value = value;
          }}
        />
        <Select
          name="register-zone"
          label={t("quality.ward")}
          value={zone.value}
          options={[["", "–"], ...zones.map((z) => [z.code, nameOf(z)] as [string, string])]}
          onValue={(value) => {
            zone.value = value;
          }}
        />
      </div>
      <div class="do-buttons">
        <button type="submit" class="act" data-act="register">
          {t("quality.register_do")}
        </button>
        <button type="button" class="act" data-act="suppose" onClick={onSuppose}>
          {t("quality.register_try")}
        </button>
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
