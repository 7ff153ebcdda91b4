import { useSignal } from "@preact/signals";
import type { Severity } from "../../api/alerts";
import { send } from "../../api/http";
import { DUTIES, type Duty, type Route, type RouteBody } from "../../api/rules";
import { nameOf, t } from "../../i18n";
import { useDeed } from "../../parts/deed";
import { Outcome } from "../../parts/Outcome";
import { allDepartments } from "../../store/departments";
import { Choose } from "../Choose";
import { Conflict } from "../Conflict";
import { onTop, orFaster } from "./saving";
import { Where } from "./Where";

function bodyOf({ zone, area, domain, kind, severity, department, role }: RouteBody): RouteBody {
  return { zone, area, domain, kind, severity, department, role };
}

/** A route as it is to be. */
export function RouteForm({
  kept,
  department,
  onDone,
}: {
  kept: Route | null;
  department: string;
  onDone: () => void;
}) {
  const seen = useSignal<Route | null>(kept);
  const body = useSignal<RouteBody>(
    kept === null
      ? { zone: null, area: null, domain: null, kind: null, severity: null, department, role: "handles" }
      : bodyOf(kept),
  );
  const faster = useSignal<Route | null>(null);
  const deed = useDeed();
  const sort = body.value;
  return (
    <form
      class="form form-new"
      onSubmit={(event) => {
        event.preventDefault();
        if (body.value.department === "") {
          deed.lacks(t("route.department_needed"));
          return;
        }
        deed.run(async () => {
          await orFaster(faster, () =>
            seen.value === null
              ? send<Route>("POST", "routes", body.value)
              : send<Route>("PUT", `routes/${seen.value.id}`, {
                  ...body.value,
                  revision: seen.value.revision,
                }),
          );
          onDone();
        });
      }}
    >
      <div class="filters">
        <Where
          sort={{
            kind: sort.kind ?? "",
            severity: sort.severity ?? "",
            domain: sort.domain ?? "",
            area: sort.area ?? "",
            zone: sort.zone ?? "",
          }}
          onSort={(next) => {
            body.value = {
              ...body.value,
              kind: next.kind || null,
              severity: (next.severity || null) as Severity | null,
              domain: next.domain || null,
              area: next.area || null,
              zone: next.zone || null,
            };
          }}
        />
        <Choose
          name="department"
          label={t("route.department")}
          value={sort.department}
          none={t("grant.choose")}
          options={allDepartments.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
          onValue={(code) => {
            body.value = { ...body.value, department: code };
          }}
        />
        <Choose
          name="role"
          label={t("route.role")}
          value={sort.role}
          options={DUTIES.map((code) => ({ code, text: t(`role.${code}`) }))}
          onValue={(role) => {
            body.value = { ...body.value, role: role as Duty };
          }}
        />
      </div>
      {faster.value !== null && seen.value !== null && (
        <Conflict
          seen={bodyOf(seen.value)}
          now={bodyOf(faster.value)}
          by={faster.value.changed_by}
          at={faster.value.changed_at}
          onMine={() => {
            const [before, theirs] = [seen.value, faster.value];
            if (before === null || theirs === null) return;
            body.value = onTop(bodyOf(before), body.value, bodyOf(theirs));
            seen.value = theirs;
            faster.value = null;
          }}
          onTheirs={() => {
            const theirs = faster.value;
            if (theirs === null) return;
            seen.value = theirs;
            body.value = bodyOf(theirs);
            faster.value = null;
          }}
        />
      )}
      <div class="do-buttons">
        <button
          type="submit"
          class="act"
          data-due="true"
          data-act="save-route"
          aria-disabled={deed.busy.value}
        >
          {t("deed.save")}
        </button>
        {seen.value !== null && (
          <button
            type="button"
            class="act act-off"
            data-act="delete-route"
            onClick={() =>
              deed.run(async () => {
                const one = seen.value;
                if (one === null) return;
                await orFaster(faster, () => send("DELETE", `routes/${one.id}?revision=${one.revision}`));
                onDone();
              })
            }
          >
            {t("route.delete")}
          </button>
        )}
      </div>
      <Outcome deed={deed} />
    </form>
  );
}
