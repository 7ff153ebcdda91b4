import { useSignal } from "@preact/signals";
import { getAll } from "../../api/http";
import type { Route } from "../../api/rules";
import { nameOf, t } from "../../i18n";
import { allDepartments, departmentName } from "../../store/departments";
import { may } from "../../store/me";
import { note, place } from "../../store/route";
import { Choose } from "../Choose";
import { useReading } from "../reading";
import { Waiting } from "../Waiting";
import { named } from "../words";
import { RouteForm } from "./RouteForm";
import { Tester } from "./Tester";

const SIDES = ["kind", "severity", "domain", "area", "zone"] as const;

/** Which alerts lead to which department, and who would be told of one. */
export function Routes() {
  const list = useReading(() => getAll<Route>("routes"), 60_000);
  const editing = useSignal<Route | "new" | null>(null);
  const shown = useSignal<readonly number[]>([]);
  const department = place.value.query.get("department") ?? "";
  const items = (list.found.value ?? []).filter(
    (route) => department === "" || route.department === department,
  );
  return (
    <div class="cards rules-cards">
      <section class="card card-wide">
        <h2>{t("route.tester")}</h2>
        <Tester
          onRoutes={(numbers) => {
            shown.value = numbers;
          }}
        />
      </section>
      <section class="card card-wide">
        <div class="form-row">
          <Choose
            name="route-department"
            label={t("route.of")}
            value={department}
            none={t("grant.all")}
            options={allDepartments.value.map((d) => ({ code: d.code, text: nameOf(d) }))}
            onValue={(code) => note("rules", "routes", code === "" ? {} : { department: code })}
          />
          {may("directory.write") && (
            <button
              type="button"
              class="act"
              data-act="new-route"
              onClick={() => {
                editing.value = "new";
              }}
            >
              {t("route.new")}
            </button>
          )}
        </div>
        {editing.value === "new" && (
          <RouteForm
            kept={null}
            department={department}
            onDone={() => {
              editing.value = null;
              list.read();
            }}
          />
        )}
        <Waiting of={list} />
        {list.found.value !== null && items.length === 0 && <p class="dim">{t("route.none")}</p>}
        {items.length > 0 && (
          <table class="table table-routes">
            <thead>
              <tr>
                <th scope="col">{t("route.alerts")}</th>
                <th scope="col">{t("route.role")}</th>
                <th scope="col">{t("route.department")}</th>
                {may("directory.write") && (
                  <th scope="col">
                    <span class="unseen">{t("route.change")}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {items.map((route) => (
                <Row
                  key={route.id}
                  route={route}
                  marked={shown.value.includes(route.id)}
                  editing={
                    editing.value === route ||
                    (typeof editing.value === "object" && editing.value?.id === route.id)
                  }
                  onEdit={(open) => {
                    editing.value = open ? route : null;
                  }}
                  onDone={() => {
                    editing.value = null;
                    list.read();
                  }}
                />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}

function Row({
  route,
  marked,
  editing,
  onEdit,
  onDone,
}: {
  route: Route;
  marked: boolean;
  editing: boolean;
  onEdit: (open: boolean) => void;
  onDone: () => void;
}) {
  const sides = SIDES.filter((side) => route[side] !== null);
  return (
    <>
      <tr data-route={route.id} aria-current={marked ? "true" : undefined}>
        <th scope="row">
          {sides.length === 0
            ? t("route.any")
            : sides
                .map((side) =>
                  side === "severity"
                    ? t("route.from_severity", { severity: named(side, route[side] ?? "") })
                    : named(side, route[side] ?? ""),
                )
                .join(" · ")}
        </th>
        <td data-name={t("route.role")}>
          <span class="badge" data-role={route.role}>
            {t(`role.${route.role}`)}
          </span>
        </td>
        <td data-name={t("route.department")}>{departmentName(route.department)}</td>
        {may("directory.write") && (
          <td class="right">
            <button
              type="button"
              class="text-button"
              data-act="edit-route"
              aria-expanded={editing}
              onClick={() => onEdit(!editing)}
            >
              {t(editing ? "deed.back" : "route.change")}
            </button>
          </td>
        )}
      </tr>
      {editing && (
        <tr class="audit-more">
          <td colSpan={4}>
            <RouteForm kept={route} department="" onDone={onDone} />
          </td>
        </tr>
      )}
    </>
  );
}
