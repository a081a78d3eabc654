import { describe, expect, it } from "vitest";
import { cleaned, mappingProblems, NEW_MAPPING, rowKindOf, wordsOf } from "./mapping";

const made = (part: object) => ({ ...NEW_MAPPING, ...part });

describe("a mapping of columns", () => {
  it("needs a plate, and a time and a site or a trip", () => {
    expect(mappingProblems(NEW_MAPPING, "passage")).toEqual({
      plate: "missing",
      time: "missing",
      site: "missing",
    });
    expect(mappingProblems(made({ plate: "車牌" }), "trip")).toEqual({ trip: "missing" });
    expect(mappingProblems(made({ plate: "車牌", time: "時間", site: "門架" }), "passage")).toEqual({});
  });

  it("names columns by number where files have no heading, and each once", () => {
    const bare = made({ plate: "車牌", trip: "#8", has_heading: false });
    expect(mappingProblems(bare, "trip")).toEqual({ plate: "no_heading" });
    expect(mappingProblems(made({ plate: "#0", trip: "#129" }), "trip")).toEqual({
      plate: "number",
      trip: "number",
    });
    expect(mappingProblems(made({ plate: "A", time: "b", site: "B " }), "passage")).toEqual({
      site: "twice",
    });
  });

  it("is sent without blanks and without what belongs to the other kind of row", () => {
    const both = made({ plate: " 車牌 ", time: "時間", site: "門架", trip: "行程", direction: "  " });
    expect(rowKindOf(both)).toBe("trip");
    expect(cleaned(both, "trip")).toEqual(made({ plate: "車牌", trip: "行程" }));
    expect(cleaned(both, "passage")).toEqual(made({ plate: "車牌", time: "時間", site: "門架" }));
  });

  it("takes words however they are parted", () => {
    expect(wordsOf("進場、入, in  IN")).toEqual(["進場", "入", "in", "IN"]);
  });
});
