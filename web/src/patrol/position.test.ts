import { describe, expect, it } from "vitest";
import { isDue } from "./position";

const report = (lat: number) => ({ position: { lon: 120.2, lat }, measured_at_us: 0 });
const last = { report: report(23), at_ms: 100_000 };

describe("when a position is sent", () => {
  it("is at once for the first", () => {
    expect(isDue(null, report(23), 0)).toBe(true);
  });
  it("is each five seconds while the unit moves, not more often", () => {
    expect(isDue(last, report(23.001), 104_999)).toBe(false);
    expect(isDue(last, report(23.001), 105_000)).toBe(true);
  });
  it("is seldom while the unit stands, but before it would look stale", () => {
    expect(isDue(last, report(23.00001), 110_000)).toBe(false);
    expect(isDue(last, report(23), 145_000)).toBe(true);
  });
});
