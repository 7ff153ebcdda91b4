import "./setup";
import { describe, expect, test } from "vitest";

const { daysText, hoursText, timeOfDay } = await import("../src/rules/people/hours");
const { channelBody, channelDraft, NEW_CHANNEL } = await import("../src/rules/people/channel");

describe("departments and channels", () => {
  test("hours are said in a line, and typed as people type", () => {
    expect(daysText([5, 1, 2, 3, 4])).toBe("T2–T6");
    expect(daysText([6, 7, 1])).toBe("T2, T7, CN");
    expect(hoursText([{ days: [1, 2, 3], from: "22:00", to: "06:00" }])).toBe("T2–T4 22:00–06:00");
    expect(hoursText([])).toBe("lúc nào cũng trực");
    expect(["7:30", "7h30", "0730", "24:00", "25:00", "7:61", "sáng"].map(timeOfDay)).toEqual([
      "07:30",
      "07:30",
      "07:30",
      "24:00",
      null,
      null,
      null,
    ]);
  });

  test("an address or secret that was not typed stays as it is", () => {
    const body = channelBody({
      ...NEW_CHANNEL,
      kind: "cap",
      name: "CAP",
      public: true,
      config: { scope: "Restricted", note: 1 },
    });
    expect(body).toMatchObject({ address: null, secret: null, config: { scope: "Public", note: 1 } });
    expect(body).not.toHaveProperty("public");
    const kept = {
      ...NEW_CHANNEL,
      id: 1,
      address: "https://a/…",
      has_secret: true,
      config: { digest: false },
    };
    const draft = channelDraft(kept as unknown as Parameters<typeof channelDraft>[0]);
    expect([draft.address, draft.secret, draft.digest]).toEqual(["", "", false]);
    expect(channelBody({ ...draft, address: " a@b.vn ", digest: true })).toMatchObject({
      address: "a@b.vn",
      config: {},
    });
  });
});
