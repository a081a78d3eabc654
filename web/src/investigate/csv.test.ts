import { describe, expect, it } from "vitest";
import type { Sighting } from "../app/api/types";
import { cell, sightingsCsv } from "./csv";

describe("the exported table", () => {
  it("quotes what would break a row", () => {
    expect(cell('a "b", c')).toBe('"a ""b"", c"');
    expect(cell("two\nlines")).toBe('"two\nlines"');
  });

  it("lets no camera name run as a formula", () => {
    expect(cell('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`);
    expect(cell("@SUM(A1)")).toBe("'@SUM(A1)");
    expect(cell(-3.5)).toBe("-3.5");
  });

  it("opens as UTF-8 with Taipei times", () => {
    const row = {
      plate_display: "BKF-5820",
      captured_at_us: Date.parse("2026-11-21T09:00:00Z") * 1000,
      place_name: "東門路",
      position: null,
      confidence: 0.97,
      direction: null,
      speed_kmh: null,
      id: "x",
    } as unknown as Sighting;
    expect(sightingsCsv([row], ["車牌"])).toBe(
      "\uFEFF車牌\r\nBKF-5820,2026-11-21 17:00:00,東門路,,,0.97,,,x\r\n",
    );
  });
});
