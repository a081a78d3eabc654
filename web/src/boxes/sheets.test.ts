import { describe, expect, it } from "vitest";
import type { BoxCode } from "../app/api/types.patrol";
import { PER_SHEET, sheetsOf, typedLines } from "./sheets";

const codes = (count: number): BoxCode[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `b${at}`,
    number: `YK-${at}`,
    name: "永康國小",
    station: "永康派出所",
    beat: "第3勤區",
    text: `SH1:P:${at}:MAC`,
  }));

const shape = (sheets: (BoxCode | null)[][]) =>
  sheets.map((sheet) => sheet.map((one) => one?.number ?? "-").join(" "));

describe("sheets of labels", () => {
  it("hold eight each, and the last keeps its grid", () => {
    expect(sheetsOf([])).toEqual([]);
    expect(sheetsOf(codes(8))).toHaveLength(1);
    expect(shape(sheetsOf(codes(9)))).toEqual([
      "YK-0 YK-1 YK-2 YK-3 YK-4 YK-5 YK-6 YK-7",
      "YK-8 - - - - - - -",
    ]);
  });

  it("carry every code exactly once, wherever the first label begins", () => {
    for (const count of [1, 7, 8, 17]) {
      for (let skipped = 0; skipped < PER_SHEET; skipped += 1) {
        const sheets = sheetsOf(codes(count), skipped);
        expect(sheets.flat().filter((one) => one !== null)).toEqual(codes(count));
        expect(sheets.every((sheet) => sheet.length === PER_SHEET)).toBe(true);
        expect(sheets).toHaveLength(Math.ceil((count + skipped) / PER_SHEET));
      }
    }
  });

  it("skip what was used up, but never a whole page", () => {
    expect(shape(sheetsOf(codes(1), 3))).toEqual(["- - - YK-0 - - - -"]);
    expect(shape(sheetsOf(codes(1), 99))).toEqual(["- - - - - - - YK-0"]);
    expect(shape(sheetsOf(codes(1), -1))).toEqual(["YK-0 - - - - - - -"]);
  });

  it("break a code into groups that a thumb can follow", () => {
    expect(typedLines("SH1:P:ABCDEFGHIJ:123456")).toEqual(["SH1:P:", "ABCD EFGH IJ :", "1234 56"]);
    expect(typedLines("other")).toEqual(["other"]);
  });
});
