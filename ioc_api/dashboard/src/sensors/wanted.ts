/** Which sensors are looked for; it stands in the address, so that a link shows the same. */
const FIELDS = ["q", "area", "zone", "domain", "liveness", "status"] as const;
export type FieldName = (typeof FIELDS)[number];
export type Wanted = Readonly<Partial<Record<FieldName, string>>>;

/** What of an address is a wish; an empty value is none. */
export function wantedIn(query: URLSearchParams): Wanted {
  const wanted: Partial<Record<FieldName, string>> = {};
  for (const field of FIELDS) {
    const value = query.get(field) ?? "";
    if (value.trim() !== "") wanted[field] = value.slice(0, 100);
  }
  return wanted;
}

/** The question to the API. */
export function pathOf(wanted: Wanted): string {
  const asked = new URLSearchParams({ limit: "100" });
  for (const field of FIELDS) {
    const value = wanted[field]?.trim() ?? "";
    if (value !== "") asked.append(field, value);
  }
  return `sensors?${asked}`;
}

/** The same sensors as a file; what is typed into the search is not a column. */
export function fileOf(wanted: Wanted): string {
  const asked = new URLSearchParams();
  for (const field of ["area", "zone", "domain", "liveness", "status"] as const) {
    const value = wanted[field];
    if (value !== undefined) asked.append(field, value);
  }
  const query = asked.toString();
  return `/api/v1/registry.csv${query === "" ? "" : `?${query}`}`;
}

/** One wish changed; a zone belongs to its area, so another area forgets it. */
export function changed(wanted: Wanted, field: FieldName, value: string): Wanted {
  const next: Partial<Record<FieldName, string>> = { ...wanted };
  if (value === "") delete next[field];
  else next[field] = value;
  if (field === "area") delete next.zone;
  return next;
}
