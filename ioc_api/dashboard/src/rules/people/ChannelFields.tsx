import { SEVERITIES, type Severity } from "../../api/alerts";
import { type Channel, DUTIES, type Duty } from "../../api/rules";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { Choose, Marks } from "../Choose";
import type { ChannelDraft } from "./channel";

const OUTSIDE = ["all", "critical", "none"] as const;

/** What a channel takes, and where it leads. Address and secret are only ever typed in. */
export function ChannelFields({
  draft,
  seen,
  writes,
  onChange,
}: {
  draft: ChannelDraft;
  seen: Channel | null;
  writes: boolean;
  onChange: (change: Partial<ChannelDraft>) => void;
}) {
  const { kind } = draft;
  return (
    <>
      <Field
        name="name"
        label={t("channel.name")}
        maxLength={200}
        value={draft.name}
        onValue={(name) => onChange({ name })}
      />
      {writes && (
        <>
          <Field
            name="address"
            label={t("channel.address")}
            maxLength={2000}
            hint={`${t(`channel.address_${kind}`)}${seen === null ? "" : ` ${t("channel.as_it_is")}`}`}
            value={draft.address}
            onValue={(address) => onChange({ address })}
          />
          {(kind === "webhook" || kind === "cap") && (
            <Field
              name="secret"
              type="password"
              label={t("channel.secret")}
              autocomplete="new-password"
              maxLength={500}
              hint={t(seen?.has_secret ? "channel.has_secret" : "channel.no_secret")}
              value={draft.secret}
              onValue={(secret) => onChange({ secret })}
            />
          )}
        </>
      )}
      <div class="form-row">
        <Choose
          name="severity"
          label={t("channel.severity")}
          value={draft.severity}
          options={SEVERITIES.map((code) => ({
            code,
            text: t("route.from_severity", { severity: t(`severity.${code}`) }),
          }))}
          onValue={(severity) => onChange({ severity: severity as Severity })}
        />
        <Choose
          name="outside_hours"
          label={t("channel.outside")}
          value={draft.outside_hours}
          options={OUTSIDE.map((code) => ({ code, text: t(`channel.outside_${code}`) }))}
          onValue={(outside) => onChange({ outside_hours: outside as Channel["outside_hours"] })}
        />
      </div>
      <Marks
        name="roles"
        title={t("channel.roles")}
        options={DUTIES.map((code) => ({ code, text: t(`role.${code}`) }))}
        chosen={draft.roles}
        onChosen={(roles) => onChange({ roles: roles as Duty[] })}
      />
      {kind === "cap" && (
        <Mark
          name="public"
          text={t("channel.public")}
          on={draft.public}
          onOn={(on) => onChange({ public: on })}
        />
      )}
      {(kind === "email" || kind === "apprise") && (
        <Mark
          name="digest"
          text={t("channel.digest")}
          on={draft.digest}
          onOn={(on) => onChange({ digest: on })}
        />
      )}
      <Mark
        name="enabled"
        text={t("channel.enabled")}
        on={draft.enabled}
        onOn={(on) => onChange({ enabled: on })}
      />
    </>
  );
}

function Mark({
  name,
  text,
  on,
  onOn,
}: {
  name: string;
  text: string;
  on: boolean;
  onOn: (on: boolean) => void;
}) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        name={name}
        checked={on}
        onChange={(event) => onOn(event.currentTarget.checked)}
      />
      {text}
    </label>
  );
}
