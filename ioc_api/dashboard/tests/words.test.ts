import "./setup";
import { afterEach, describe, expect, test } from "vitest";

const { limitOf, quantity } = await import("../src/alerts/words");
const { t } = await import("../src/i18n");
const { language } = await import("../src/store/prefs");

const of = (unit: string, threshold: number | null = null) => ({ unit, subject: "sensor/L1", threshold });

afterEach(() => {
  language.value = "vi";
});

describe("how an alert says its value", () => {
  test("what is off or on, in words", () => {
    language.value = "vi";
    expect([0, 1].map((value) => quantity(value, of("0/1")))).toEqual(["tắt", "bật"]);
    language.value = "en";
    expect([0, 1].map((value) => quantity(value, of("0/1")))).toEqual(["off", "on"]);
  });

  test("a share of what is on, in percent; its middle is no limit that would say anything", () => {
    language.value = "vi";
    expect(quantity(0.25, of("0/1"))).toBe("25 %");
    expect(quantity(0.125, of("0/1"))).toBe("12,5 %");
    expect(limitOf(of("0/1", 0.5))).toBeNull();
    expect(limitOf(of("0/1", 0.8))).toBe(t("alert.limit", { limit: "80 %" }));
  });

  test("numbers and ages as ever", () => {
    expect(quantity(null, of("0/1"))).toBe("–");
    expect(quantity(1, of("1"))).toBe("1");
    expect(quantity(12.34, of("µg/m³"))).toBe("12,3 µg/m³");
    expect(limitOf(of("µg/m³", 0.5))).toBe(t("alert.limit", { limit: "0,50 µg/m³" }));
    expect(limitOf(of("s", 0))).toBeNull();
  });
});
