import { getAll } from "../../api/http";
import type { Department } from "../../api/rules";
import { nameOf, t } from "../../i18n";
import { now } from "../../store/clock";
import { loadDepartments } from "../../store/departments";
import { may } from "../../store/me";
import { addressOf, note, place } from "../../store/route";
import { dayText } from "../amounts";
import { Beside } from "../Beside";
import { useReading } from "../reading";
import { Waiting } from "../Waiting";
import { DepartmentForm } from "./DepartmentForm";
import { hoursText } from "./hours";

/** Who handles alerts: when they work and whom to call there. */
export function Departments() {
  const list = useReading(() => getAll<Department>("departments"), 60_000);
  const { query } = place.value;
  const chosen = query.get("department");
  const making = query.has("new");
  const items = [...(list.found.value ?? [])].sort((a, b) => nameOf(a).localeCompare(nameOf(b), "vi"));
  const one = items.find((d) => d.code === chosen) ?? null;
  const today = dayText(now.value);
  return (
    <div class="beside rules-beside" data-open={one !== null || making}>
      <section class="card beside-list">
        {may("directory.write") && (
          <div class="do-buttons">
            <a
              class="act act-link"
              data-due="true"
              data-act="new-department"
              href={addressOf("rules", "departments", { new: "1" })}
            >
              {t("department.new")}
            </a>
          </div>
        )}
        <Waiting of={list} />
        {list.found.value !== null && items.length === 0 && <p class="dim">{t("department.none")}</p>}
        {items.length > 0 && (
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("department.name")}</th>
                <th scope="col">{t("department.hours")}</th>
                <th scope="col">{t("department.contacts")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((d) => (
                <tr
                  key={d.code}
                  data-department={d.code}
                  data-disabled={d.valid_to !== null && d.valid_to < today}
                  aria-current={d.code === chosen ? "true" : undefined}
                >
                  <th scope="row">
                    <a href={addressOf("rules", "departments", { department: d.code })}>{nameOf(d)}</a>
                    <span class="dim person-name">{d.code}</span>
                    {d.valid_to !== null && d.valid_to < today && (
                      <span class="badge badge-off">{t("department.over")}</span>
                    )}
                  </th>
                  <td data-name={t("department.hours")}>{hoursText(d.hours)}</td>
                  <td data-name={t("department.contacts")}>
                    {d.contacts === null ? (
                      <span class="dim">{t("department.contacts_hidden")}</span>
                    ) : d.contacts.length === 0 ? (
                      "–"
                    ) : (
                      <ul class="plain-list">
                        {d.contacts.slice(0, 2).map((c) => (
                          <li key={c.name + c.phone}>
                            {c.name}{" "}
                            {c.phone && <a href={`tel:${c.phone.replace(/[^+\d]/g, "")}`}>{c.phone}</a>}
                          </li>
                        ))}
                        {d.contacts.length > 2 && (
                          <li class="dim">{t("department.more", { n: d.contacts.length - 2 })}</li>
                        )}
                      </ul>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {(one !== null || making) && (
        <Beside of={chosen ?? ""}>
          <DepartmentForm
            key={one?.code ?? ""}
            kept={one}
            onKept={(code) => {
              list.read();
              loadDepartments().catch((cause) => console.info(cause));
              if (code !== chosen) note("rules", "departments", { department: code });
            }}
          />
        </Beside>
      )}
    </div>
  );
}
