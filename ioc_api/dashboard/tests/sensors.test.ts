import "./setup";
import { describe, expect, test } from "vitest";
import type { Registered } from "../src/api/sensors";
import { Draft } from "../src/sensors/draft";
import { bodyOf, changesOf, numberIn, typedOf, wrongIn } from "../src/sensors/record";
import { changed, fileOf, pathOf, wantedIn } from "../src/sensors/wanted";
import { language } from "../src/store/prefs";

const SENSOR: Registered = {
  sensor_id: "T1",
  name: "Nút 1",
  area: "bac_giang",
  zone: "07210",
  domain: "traffic",
  site: "",
  place: "",
  lat: 21.27,
  lon: 106.19,
  interval_s: 10,
  parent: "",
  metrics: ["speed"],
  status: "maintenance",
  tags: ["a", "b"],
  liveness: "online",
  last_seen: null,
};

describe("what is looked for", () => {
  test("is in the address, and asked for without blanks about it", () => {
    const wanted = wantedIn(new URLSearchParams("q=L%C3%AA L%E1%BB%A3i &area=&status=retired&other=1"));
    expect(wanted).toEqual({ q: "Lê Lợi ", status: "retired" });
    expect(pathOf(wanted)).toBe("sensors?limit=100&q=L%C3%AA+L%E1%BB%A3i&status=retired");
    expect(fileOf({ ...wanted, liveness: "offline" })).toBe(
      "/api/v1/registry.csv?liveness=offline&status=retired",
    );
  });

  test("another area forgets the ward", () => {
    expect(changed({ area: "a", zone: "1", q: "x" }, "area", "b")).toEqual({ area: "b", q: "x" });
    expect(changed({ q: "x" }, "q", "")).toEqual({});
  });
});

describe("a record", () => {
  test("shows numbers as they are written here, and reads them so", () => {
    language.value = "vi";
    expect(typedOf(SENSOR, "", "").lat).toBe("21,27");
    expect(numberIn("21,27")).toBe(21.27);
    expect(numberIn(" ")).toBeNull();
    expect(numberIn("21,2,7")).toBeNaN();
  });

  test("only what was changed is sent, and never the status", () => {
    const before = typedOf(SENSOR, "", "");
    expect(changesOf(before, { ...before, name: "Nút 2 ", tags: "a  b" })).toEqual({ name: "Nút 2" });
    expect(changesOf(before, { ...before, lat: "", lon: "" })).toEqual({ lat: null, lon: null });
    expect(bodyOf(before)).not.toHaveProperty("status");
  });

  test("what is wrong is named before it is sent", () => {
    const good = typedOf(SENSOR, "", "");
    expect(wrongIn(good)).toBeNull();
    expect(wrongIn({ ...good, sensor_id: "có dấu" })).toBe("sensor_id");
    expect(wrongIn({ ...good, lat: "x" })).toBe("lat");
    expect(wrongIn({ ...good, lat: "" })).toBe("position");
  });
});

describe("a record that is saved more than once", () => {
  const registered = (part: Partial<Registered> = {}) => typedOf({ ...SENSOR, ...part }, "", "");
  const saved = (draft: Draft, answer: Partial<Registered>): void =>
    draft.take(registered(answer), draft.typed.peek());

  test("can be changed back", () => {
    const draft = new Draft(registered());
    draft.put({ name: "Nút 2 " });
    expect(draft.changes).toEqual({ name: "Nút 2" });
    saved(draft, { name: "Nút 2" });
    expect(draft.changes, "nothing is left to be saved").toEqual({});
    expect(draft.typed.value.name).toBe("Nút 2");
    draft.put({ name: "Nút 1" });
    expect(draft.changes).toEqual({ name: "Nút 1" });
  });

  test("does not take back what another person has changed meanwhile", () => {
    const draft = new Draft(registered());
    draft.put({ name: "Nút 2" });
    saved(draft, { name: "Nút 2", place: "Cột 7", tags: ["c"] });
    expect(draft.typed.value).toMatchObject({ name: "Nút 2", place: "Cột 7", tags: "c" });
    draft.put({ site: "Chợ" });
    expect(draft.changes).toEqual({ site: "Chợ" });
  });

  test("keeps what is typed while it is being saved, or read anew", () => {
    const draft = new Draft(registered());
    draft.put({ name: "Nút 2" });
    const sent = draft.typed.peek();
    draft.put({ place: "Cột 7" });
    draft.take(registered({ name: "Nút 2" }), sent);
    expect(draft.changes).toEqual({ place: "Cột 7" });
    draft.take(registered({ name: "Nút 3" }));
    expect(draft.typed.value).toMatchObject({ name: "Nút 3", place: "Cột 7" });
    expect(draft.changes).toEqual({ place: "Cột 7" });
  });
});
