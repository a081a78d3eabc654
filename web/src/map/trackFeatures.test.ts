import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { Fix, Stretch } from "../positions/track";
import { headFeatures, trackFeatures } from "./trackFeatures";

const t = ((key: string, values?: object) =>
  values ? `${key} ${JSON.stringify(values)}` : key) as unknown as TFunction;

const fix = (at_s: number, lon: number, part: Partial<Fix> = {}): Fix => ({
  at_us: at_s * 1e6,
  place: { lon, lat: 23 },
  accuracy_m: 8,
  speed_kmh: null,
  isAlarm: false,
  ...part,
});

const stretches: Stretch[] = [
  {
    kind: "track",
    from_us: 0,
    until_us: 10e6,
    fixes: [fix(0, 120.2), fix(10, 120.21, { accuracy_m: null })],
  },
  { kind: "gap", from_us: 10e6, until_us: 610e6, fixes: [fix(10, 120.21), fix(610, 120.3)] },
  { kind: "track", from_us: 610e6, until_us: 610e6, fixes: [fix(610, 120.3, { isAlarm: true })] },
];

describe("a track on the map", () => {
  it("is a line where the unit was heard, and something else where it was not", () => {
    const kinds = trackFeatures(stretches, t).map((one) => one.properties?.kind);
    expect(kinds).toEqual(["track", "gap", "fix", "fix", "alarm", "end", "end"]);
  });

  it("says of each fix whether its accuracy is known", () => {
    const fixes = trackFeatures(stretches, t).filter((one) => one.properties?.kind === "fix");
    expect(fixes.map((one) => [one.properties?.isKnown, one.properties?.accuracy_m])).toEqual([
      [true, 8],
      [false, null],
    ]);
  });

  it("has no sign before the first fix, and one that says so in a silence", () => {
    expect(headFeatures(null, t)).toEqual([]);
    const [sign] = headFeatures({ fix: fix(10, 120.21), old_us: 300e6, isSilent: true }, t);
    expect([sign?.properties?.isSilent, sign?.properties?.label]).toEqual([true, "track.silent_here"]);
  });
});
