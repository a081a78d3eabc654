import { describe, expect, it } from "vitest";
import { asked, EMPTY, platesOf, type SealDraft } from "./draft";

const WHOLE: SealDraft = {
  case_ref: " 115-密-77 ",
  plates: "QWE-7319\nXYZ 9999",
  members: ["a"],
  decider: "b",
  reason: "臥底偵查用車",
  until_us: 1,
};

describe("a seal that is asked for", () => {
  it("takes plates by line, comma or blank", () => {
    expect(platesOf("QWE-7319，ABC-1234\n\n  DEF-5678、")).toEqual(["QWE-7319", "ABC-1234", "DEF-5678"]);
    expect(platesOf(" \n")).toEqual([]);
  });

  it("is sent only whole", () => {
    expect(asked({ ...WHOLE, plates: "QWE-7319" })).toEqual({
      case_ref: "115-密-77",
      plates: ["QWE-7319"],
      members: ["a"],
      decider: "b",
      reason: "臥底偵查用車",
      until_us: 1,
    });
    expect(asked(EMPTY)).toBeNull();
    const lacking: Partial<SealDraft>[] = [
      { case_ref: "1-7" },
      { plates: "" },
      { plates: "AB1" },
      { plates: Array.from({ length: 21 }, (_, n) => `ABC-${1000 + n}`).join("\n") },
      { members: [] },
      { decider: null },
      { reason: "密" },
      { until_us: null },
    ];
    for (const less of lacking) expect(asked({ ...WHOLE, plates: "QWE-7319", ...less })).toBeNull();
  });
});
