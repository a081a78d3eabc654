import { describe, expect, it } from "vitest";
import { isMonth, monthOf, monthsFrom } from "./month";

describe("months", () => {
  it("begin at midnight in Taipei", () => {
    expect(monthOf(Date.UTC(2026, 10, 30, 15, 59) * 1000)).toBe("2026-11");
    expect(monthOf(Date.UTC(2026, 10, 30, 16, 0) * 1000)).toBe("2026-12");
  });

  it("are counted over the turn of the year", () => {
    expect(monthsFrom("2026-01", -1)).toBe("2025-12");
    expect(monthsFrom("2026-11", 2)).toBe("2027-01");
  });

  it("are four digits and two", () => {
    expect(["2026-11", "2026-13", "2026-1", "x"].map(isMonth)).toEqual([true, false, false, false]);
  });
});
