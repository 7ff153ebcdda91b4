import { useId } from "preact/hooks";
import { type Grant, ROLES, type Role } from "../api/access";
import { nameOf, t } from "../i18n";
import { DateTime } from "../parts/DateTime";
import { dayOf, endOf } from "../parts/moment";
import { allDepartments } from "../store/departments";
import { areas, domains, liveZones } from "../store/registry";
import { grantText, roleName, within } from "./grants";

interface Props {
  grants: Grant[];
  onGrants: (grants: Grant[]) => void;
  /** Which roles there are to choose from. */
  roles?: readonly Role[];
  /** One grant, whose role and end are not for choosing: that of a wallboard. */
  single?: boolean;
}

/** What somebody may do: roles, each within areas, zones, domains and, for one, a department. */
export function GrantEditor({ grants, onGrants, roles = ROLES, single = false }: Props) {
  const put = (i: number, grant: Grant): void =>
    onGrants(grants.map((one, k) => (k === i ? within(grant) : one)));
  return (
    <div class="grants">
      {grants.length === 0 && <p class="dim">{t("grant.none")}</p>}
      {grants.map((grant, i) => (
        <OneGrant
          key={i}
          grant={grant}
          roles={roles}
          single={single}
          onGrant={(changed) => put(i, changed)}
          onRemove={() => onGrants(grants.filter((_, k) => k !== i))}
        />
      ))}
      {!single && (
        <button
          type="button"
          class="text-button"
          data-act="add-grant"
          onClick={() => onGrants([...grants, { role: roles[0] ?? "viewer" }])}
        >
          + {t("grant.add")}
        </button>
      )}
    </div>
  );
}

function OneGrant({
  grant,
  roles,
  single,
  onGrant,
  onRemove,
}: {
  grant: Grant;
  roles: readonly Role[];
  single: boolean;
  onGrant: (grant: Grant) => void;
  onRemove: () => void;
}) {
  const id = useId();
  const chosen = grant.areas ?? [];
  const places = liveZones.value.filter((zone) => chosen.length === 0 || chosen.includes(zone.area));
  return (
    <fieldset class="grant" data-role={grant.role}>
      <legend>{grantText(grant)}</legend>
      {!single && (
        <div class="grant-head">
          <div class="field">
            <label for={`${id}-role`}>{t("grant.role")}</label>
            <select
              id={`${id}-role`}
              name="role"
              value={grant.role}
              onChange={(event) => onGrant({ ...grant, role: event.currentTarget.value as Role })}
            >
              {roles.map((role) => (
                <option key={role} value={role}>
                  {roleName(role)}
                </option>
              ))}
            </select>
          </div>
          {grant.role === "department" && (
            <div class="field">
              <label for={`${id}-department`}>{t("grant.department")}</label>
              <select
                id={`${id}-department`}
                name="department"
                value={grant.department ?? ""}
                onChange={(event) => onGrant({ ...grant, department: event.currentTarget.value || null })}
              >
                <option value="">{t("grant.choose")}</option>
                {allDepartments.value.map((one) => (
                  <option key={one.code} value={one.code}>
                    {nameOf(one)}
                  </option>
                ))}
              </select>
            </div>
          )}
          <DateTime
            name="ends"
            day
            label={t("grant.ends")}
            value={dayOf(grant.ends_at)}
            onValue={(day) => onGrant({ ...grant, ends_at: endOf(day) })}
          />
          <button type="button" class="act" data-act="remove-grant" onClick={onRemove}>
            {t("grant.remove")}
          </button>
        </div>
      )}
      <p class="dim grant-what">{t(`may.${grant.role}`)}</p>
      <Choices
        title={t("grant.areas")}
        known={areas.value}
        chosen={chosen}
        onChosen={(codes) => onGrant({ ...grant, areas: codes })}
      />
      <Choices
        title={t("grant.zones")}
        known={places}
        chosen={grant.zones ?? []}
        onChosen={(codes) => onGrant({ ...grant, zones: codes })}
      />
      <Choices
        title={t("grant.domains")}
        known={domains.value}
        chosen={grant.domains ?? []}
        onChosen={(codes) => onGrant({ ...grant, domains: codes })}
      />
    </fieldset>
  );
}

/** Some of a few things, or, where none is chosen, all of them. */
function Choices({
  title,
  known,
  chosen,
  onChosen,
}: {
  title: string;
  known: readonly { code: string; vi: string; en: string }[];
  chosen: string[];
  onChosen: (codes: string[]) => void;
}) {
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset within a fieldset would be read twice
    <div class="choices" role="group" aria-labelledby={id}>
      <span id={id} class="choices-title">
        {title}
      </span>
      <div class="choices-list">
        <label class="choice">
          <input type="checkbox" checked={chosen.length === 0} onChange={() => onChosen([])} />
          {t("grant.all")}
        </label>
        {known.map((one) => (
          <label key={one.code} class="choice" data-choice={one.code}>
            <input
              type="checkbox"
              checked={chosen.includes(one.code)}
              onChange={(event) =>
                onChosen(
                  event.currentTarget.checked
                    ? [...chosen, one.code]
                    : chosen.filter((code) => code !== one.code),
                )
              }
            />
            {nameOf(one)}
          </label>
        ))}
      </div>
    </div>
  );
}
