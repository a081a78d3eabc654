import { describe, expect, it } from "vitest";
import { microsFromTaipei } from "../../app/age";
import { daysFault, type ScopeDraft, sayScope, scopeOf, yesterday } from "./scope";

const at = (text: string) => microsFromTaipei(text) ?? Number.NaN;
const NOW = at("2026-11-23T12:00");
const days = (from: string, until: string): ScopeDraft => ({ number: "", from, until });

describe("what a request covers", () => {
  it("is from the first day to the end of the last, and is shown by the same days", () => {
    const scope = scopeOf(days("2026-10-01", "2026-10-31"), NOW);
    expect(scope).toEqual({ by: "time", from_us: at("2026-10-01T00:00"), until_us: at("2026-11-01T00:00") });
    expect(scope && sayScope(scope)).toBe("2026-10-01 – 2026-10-31");
  });

  it("is one incident where its number is given, whatever days stand beside it", () => {
    const scope = scopeOf({ number: " 115-1122-0007 ", from: "2026-10-01", until: "2026-09-01" }, NOW);
    expect(scope).toEqual({ by: "incident", number: "115-1122-0007" });
    expect(scope && sayScope(scope)).toBe("115-1122-0007");
  });

  it("is over: yesterday is the last day", () => {
    expect(yesterday(NOW)).toBe("2026-11-22");
    expect(daysFault(days("2026-11-22", "2026-11-22"), NOW)).toBeNull();
    expect(daysFault(days("2026-11-22", "2026-11-23"), NOW)).toBe("not_over");
  });

  it("is 31 days at most, in order, of days that there are", () => {
    expect(daysFault(days("2026-10-01", "2026-10-31"), NOW)).toBeNull();
    expect(daysFault(days("2026-10-01", "2026-11-01"), NOW)).toBe("too_long");
    expect(daysFault(days("2026-10-02", "2026-10-01"), NOW)).toBe("before_from");
    expect(daysFault(days("2026-02-30", "2026-02-31"), NOW)).toBe("no_day");
    for (const wrong of [
      days("2026-10-01", "2026-11-01"),
      days("2026-10-02", "2026-10-01"),
      days("", "2026-10-01"),
    ])
      expect(scopeOf(wrong, NOW)).toBeNull();
  });

  it("says nothing while a day is missing", () => {
    expect(daysFault(days("2026-10-01", ""), NOW)).toBeNull();
    expect(scopeOf(days("2026-10-01", ""), NOW)).toBeNull();
  });
});
