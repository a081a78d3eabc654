import { describe, expect, it } from "vitest";
import { differences, isPattern, normalPlate, readPlate, readPlates } from "./plateText";

describe("a plate as typed", () => {
  it("is read whatever its case, width and marks", () => {
    for (const typed of ["bkf-5820", "ＢＫＦ－５８２０", " BKF 5820 ", "bkf·5820", "BKF–5820"]) {
      expect(normalPlate(typed)).toBe("BKF5820");
    }
  });

  it("takes other people's signs for what is unknown", () => {
    expect(normalPlate("？bc１２_4")).toBe("?BC12?4");
    expect(normalPlate("%1234")).toBe("*1234");
    expect(normalPlate("AB**12")).toBe("AB*12");
  });

  it("says what is known and what no plate has", () => {
    expect(readPlate("?BC-12?4")).toEqual({
      text: "?BC12?4",
      known: 5,
      unknown: 2,
      hasMany: false,
      wrong: [],
    });
    expect(readPlate("車牌1234").wrong).toEqual(["車", "牌"]);
    expect(isPattern(readPlate("*1234"))).toBe(true);
    expect(isPattern(readPlate("ABC1234"))).toBe(false);
  });

  it("is one of several, however they are divided, and each once", () => {
    expect(readPlates("abc-1234, XYZ9876、abc1234；K12-345").map((p) => p.text)).toEqual([
      "ABC1234",
      "XYZ9876",
      "K12345",
    ]);
  });

  it("is compared sign by sign where the lengths agree", () => {
    expect(differences("BKF5820", "BKE-5828")).toEqual([2, 6]);
    expect(differences("BKF58?0", "BKF5870")).toEqual([]);
    expect(differences("BKF582", "BKF5820")).toEqual([]);
  });
});
