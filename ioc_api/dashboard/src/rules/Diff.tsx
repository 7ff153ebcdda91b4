import { type Difference, shown } from "../audit/diff";
import { t } from "../i18n";
import { fieldName } from "./form/Line";

/** Place by place, how it was and how it is. */
export function Diff({ found, before, after }: { found: Difference[]; before: string; after: string }) {
  // What everybody sees anyway, and what changes with every change.
  const rows = found.filter(({ at }) => !["version", "revision", "changed_at", "changed_by"].includes(at));
  if (rows.length === 0) return <p class="dim">{t("audit.same")}</p>;
  return (
    <table class="diff">
      <thead>
        <tr>
          <th scope="col">{t("audit.place")}</th>
          <th scope="col">{before}</th>
          <th scope="col">{after}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.at} data-at={row.at}>
            <th scope="row">{fieldName(row.at) || t("audit.whole")}</th>
            <td class="diff-before">{shown(row.before)}</td>
            <td class="diff-after">{shown(row.after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
