import { describe, expect, it } from "vitest";
import { microsFromTaipei } from "../app/age";
import { asked, daysAllowed, EMPTY, isAllowed, type SealDraft } from "./draft";

const at = (text: string) => microsFromTaipei(text) ?? Number.NaN;
const NOW = at("2026-11-23T12:00");

const WHOLE: SealDraft = {
  case_ref: " 115-密-77 ",
  plates: "QWE-7319\nXYZ 9999",
  members: ["a"],
  decider: "b",
  reason: "臥底偵查用車",
  until: "2027-02-01",
};

describe("a seal that is asked for", () => {
  it("is sent only whole", () => {
    expect(asked({ ...WHOLE, plates: "QWE-7319" }, NOW)).toEqual({
      case_ref: "115-密-77",
      plates: ["QWE-7319"],
      members: ["a"],
      decider: "b",
      reason: "臥底偵查用車",
      until_us: at("2027-02-01T23:59"),
    });
    expect(asked(EMPTY, NOW)).toBeNull();
    const lacking: Partial<SealDraft>[] = [
      { case_ref: "1-7" },
      { plates: "" },
      { plates: "AB1" },
      { plates: Array.from({ length: 21 }, (_, n) => `ABC-${1000 + n}`).join("\n") },
      { members: [] },
      { decider: null },
      { reason: "密" },
      { until: "" },
      { until: "2026-11-23" },
      { until: "2028-01-01" },
    ];
    for (const less of lacking) expect(asked({ ...WHOLE, plates: "QWE-7319", ...less }, NOW)).toBeNull();
  });
});

describe("a seal's last day", () => {
  it("is a day to a year away, counted to its last minute", () => {
    expect(daysAllowed(NOW)).toEqual(["2026-11-24", "2027-11-22"]);
    // One minute before midnight a whole year is left until that minute.
    expect(daysAllowed(at("2026-11-23T23:59"))).toEqual(["2026-11-24", "2027-11-23"]);
  });

  it("is later than it was when it is lengthened", () => {
    const days = daysAllowed(NOW, at("2027-02-01T23:59"));
    expect(days).toEqual(["2027-02-02", "2027-11-22"]);
    expect(
      ["2027-02-01", "2027-02-02", "2027-11-22", "2027-11-23", ""].map((day) => isAllowed(day, days)),
    ).toEqual([false, true, true, false, false]);
  });

  it("cannot be later yet where it is a year away", () => {
    const [first, last] = daysAllowed(NOW, at("2027-11-22T23:59"));
    expect(first > last).toBe(true);
  });
});
