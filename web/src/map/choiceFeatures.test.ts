import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { Unit } from "../app/api/types";
import type { CoverCell, Panic } from "../app/api/types.choice";
import { coverGaps } from "../command/choice/cover";
import { coverFeatures, moveFeatures, panicFeatures } from "./choiceFeatures";

const t = ((key: string) => key) as unknown as TFunction;
const place = { lon: 120.2, lat: 22.99 };
const cell = (share: number, units: number): CoverCell => ({ position: place, share, units });
const panic = (position: Panic["position"], position_at_us: number | null) =>
  ({ unit: "u1", call_sign: "永康 21", state: "raised", position, position_at_us }) as Panic;
const unit = (position_at_us: number) =>
  ({ id: "u1", position: { lon: 120.3, lat: 23 }, position_at_us, accuracy_m: 12 }) as Unit;

describe("cover on the map", () => {
  it("has circles whose area goes with the share, and no circle where nobody calls", () => {
    const made = coverFeatures([cell(0.04, 0), cell(0.01, 5), cell(0, 1)]);
    expect(made.map((one) => [one.properties?.size, one.properties?.units])).toEqual([
      [1, 0],
      [0.5, 2],
    ]);
    expect(coverFeatures([])).toEqual([]);
  });

  it("lists what nobody reaches, the most needed first", () => {
    expect(coverGaps([cell(0.01, 0), cell(0.3, 1), cell(0.02, 0)]).map((one) => one.share)).toEqual([
      0.02, 0.01,
    ]);
  });

  it("shows a move also where the unit's own place is unknown", () => {
    const move = { unit: "u9", call_sign: "東 9", position: place, drive_s: 60, gain_share: 0.1 };
    expect(moveFeatures([move], [], t)).toHaveLength(1);
    expect(moveFeatures([{ ...move, unit: "u1" }], [unit(1)], t)).toHaveLength(2);
  });
});

describe("an officer in danger on the map", () => {
  it("stands where the newest report says", () => {
    const lon = (made: GeoJSON.Feature[]) => (made[0]?.geometry as GeoJSON.Point | undefined)?.coordinates[0];
    expect(lon(panicFeatures([panic(place, 5)], [unit(9)], t))).toBe(120.3);
    expect(lon(panicFeatures([panic(place, 9)], [unit(5)], t))).toBe(120.2);
    expect(lon(panicFeatures([panic(null, null)], [unit(5)], t))).toBe(120.3);
    expect(panicFeatures([panic(null, null)], [], t)).toEqual([]);
  });
});
