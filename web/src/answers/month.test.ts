import { describe, expect, it } from "vitest";
import { isMonth, monthFault, monthOf, monthsFault, monthsFrom, newestTold } from "./month";

describe("months", () => {
  it("begin at midnight in Taipei", () => {
    expect(monthOf(Date.UTC(2026, 10, 30, 15, 59) * 1000)).toBe("2026-11");
    expect(monthOf(Date.UTC(2026, 10, 30, 16, 0) * 1000)).toBe("2026-12");
  });

  it("are counted over the turn of the year", () => {
    expect(monthsFrom("2026-01", -1)).toBe("2025-12");
    expect(monthsFrom("2026-11", 2)).toBe("2027-01");
  });

  it("are told two days after their end", () => {
    expect(newestTold(Date.UTC(2026, 11, 2, 15, 59) * 1000)).toBe("2026-10");
    expect(newestTold(Date.UTC(2026, 11, 2, 16, 0) * 1000)).toBe("2026-11");
  });

  it("are four digits and two", () => {
    expect(["2026-11", "2026-13", "2026-1", "x"].map(isMonth)).toEqual([true, false, false, false]);
  });

  it("are asked for when they are whole and have begun", () => {
    const said = (text: string) => monthFault(text, "2026-11");
    expect(["2026-11", "2026-1", "", "0002-11", "2026-12"].map(said)).toEqual([
      null,
      "not_whole",
      "not_whole",
      "not_whole",
      "future",
    ]);
  });

  it("that are two say at the end that it lies before the beginning, once both are whole", () => {
    expect(monthsFault("2026-09", "2026-11", "2026-11")).toEqual({ from: null, until: null });
    expect(monthsFault("2026-11", "2026-11", "2026-11")).toEqual({ from: null, until: null });
    expect(monthsFault("2026-11", "2026-09", "2026-11")).toEqual({ from: null, until: "before_from" });
    expect(monthsFault("2023-12", "2026-11", "2026-11")).toEqual({ from: null, until: null });
    expect(monthsFault("2023-11", "2026-11", "2026-11")).toEqual({ from: null, until: "too_many" });
    expect(monthsFault("2026-1", "2026-09", "2026-11")).toEqual({ from: "not_whole", until: null });
    expect(monthsFault("2026-09", "", "2026-11")).toEqual({ from: null, until: "not_whole" });
  });
});
