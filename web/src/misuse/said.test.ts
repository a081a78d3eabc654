import { describe, expect, it } from "vitest";
import { chanceOf, expectedOf, isSaid } from "./said";

describe("what is said in a file", () => {
  it("has two characters at least, counted as people count them", () => {
    expect(["", " a ", "訓練", "𠮷"].map(isSaid)).toEqual([false, false, true, false]);
    expect(isSaid("字".repeat(2001))).toBe(false);
  });

  it("never calls a small number nothing", () => {
    expect([0, 0.004, 1.034, 42.4].map(expectedOf)).toEqual(["< 0.01", "< 0.01", "1.03", "42"]);
    expect([null, 1e-30, 0.0341].map((by_chance) => chanceOf({ by_chance }))).toEqual([
      null,
      "< 0.000001",
      "0.03",
    ]);
  });
});
