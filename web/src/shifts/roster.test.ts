import { describe, expect, it } from "vitest";
import { taipei } from "../app/age";
import { checked, dayAround } from "./roster";

const draft = { unit: "u1", name: " 林警員 ", from: "2026-11-22T20:00", until: "2026-11-23T08:00" };

describe("a shift that is typed", () => {
  it("is read as Taipei time", () => {
    const shift = checked(draft);
    if (typeof shift === "string") throw new Error(shift);
    expect([shift.name, taipei(shift.from_us), taipei(shift.until_us)]).toEqual([
      "林警員",
      "2026-11-22 20:00:00",
      "2026-11-23 08:00:00",
    ]);
  });

  it("says what is missing or too long", () => {
    expect(checked({ ...draft, unit: null })).toBe("unit");
    expect(checked({ ...draft, name: " " })).toBe("name");
    expect(checked({ ...draft, from: "" })).toBe("time");
    expect(checked({ ...draft, until: draft.from })).toBe("span");
    expect(checked({ ...draft, until: "2026-11-23T20:01" })).toBe("span");
  });
});

describe("a day of the roster", () => {
  it("begins at midnight in Taipei", () => {
    const late_us = Date.parse("2026-11-22T17:30:00Z") * 1000;
    const { from_us, until_us } = dayAround(late_us, 0);
    expect([taipei(from_us), taipei(until_us)]).toEqual(["2026-11-23 00:00:00", "2026-11-24 00:00:00"]);
    expect(taipei(dayAround(late_us, -1).from_us)).toBe("2026-11-22 00:00:00");
  });
});
