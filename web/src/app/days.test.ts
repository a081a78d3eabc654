import { describe, expect, it } from "vitest";
import { microsFromTaipei } from "./age";
import { DAY_US, dayEnd_us, dayStart_us, daysEnding, daysOf, spanOf } from "./days";

const at = (text: string) => microsFromTaipei(text) ?? Number.NaN;

describe("days of a form", () => {
  it("are both in the span, of which the end is not", () => {
    const span = spanOf("2026-10-01", "2026-10-31");
    expect(span).toEqual({
      from_us: Date.UTC(2026, 8, 30, 16) * 1000,
      until_us: Date.UTC(2026, 9, 31, 16) * 1000,
    });
    expect(span && daysOf(span)).toEqual(["2026-10-01", "2026-10-31"]);
  });

  it("may be one day", () => {
    const span = spanOf("2026-11-23", "2026-11-23");
    expect(span && span.until_us - span.from_us).toBe(DAY_US);
    expect(span && daysOf(span)).toEqual(["2026-11-23", "2026-11-23"]);
  });

  it("are nothing while one is missing, no date, or they are the wrong way round", () => {
    for (const [first, last] of [
      ["", "2026-10-31"],
      ["2026-10-01", ""],
      ["2026-11-02", "2026-11-01"],
      ["2026-02-31", "2026-03-02"],
      ["2026-13-01", "2026-13-02"],
      ["yesterday", "today"],
    ] as const)
      expect([first, last, spanOf(first, last)]).toEqual([first, last, null]);
    expect(dayStart_us("2026-10-01T12:00")).toBeNull();
    expect(dayEnd_us("")).toBeNull();
  });

  it("say which of them end within a time", () => {
    // From noon on: this day still ends in it. Until noon: that day does not.
    expect(daysEnding(at("2026-11-24T12:00"), at("2026-11-30T12:00"))).toEqual(["2026-11-24", "2026-11-29"]);
    // Past the last minute of a day it is over.
    expect(daysEnding(at("2026-11-24T23:59:30"), at("2026-11-30T23:59"))).toEqual([
      "2026-11-25",
      "2026-11-30",
    ]);
    const [first, last] = daysEnding(at("2026-11-30T12:00"), at("2026-11-30T13:00"));
    expect(first > last).toBe(true);
  });
});
