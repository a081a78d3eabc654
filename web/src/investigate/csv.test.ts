import { describe, expect, it } from "vitest";
import { cell, csvText, fileName } from "./csv";

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

  it("opens as UTF-8, empty where nothing is known", () => {
    expect(csvText(["車牌", "緯度"], [["BKF-5820", null]])).toBe("\uFEFF車牌,緯度\r\nBKF-5820,\r\n");
  });

  it("has a name that every disk takes", () => {
    expect(fileName("history", "?BC12*4 · 7 天")).toBe("history-BC12_4_7.csv");
    expect(fileName("／")).toBe("shouhu.csv");
  });
});
