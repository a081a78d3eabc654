import { describe, expect, it } from "vitest";
import type { Track, TrackProperties } from "../app/api/types.positions";
import { fixesOf, headAt, stretchesOf, summaryOf } from "./track";

const S = 1_000_000;

function feature(part: "track" | "gap", coordinates: unknown, properties: Partial<TrackProperties>) {
  const type = Array.isArray(coordinates) && Array.isArray(coordinates[0]) ? "LineString" : "Point";
  return {
    type: "Feature",
    geometry: { type, coordinates },
    properties: {
      part,
      from_us: 0,
      until_us: 0,
      times_us: [],
      accuracy_m: [],
      speed_kmh: [],
      alarms: [],
      ...properties,
    },
  };
}

const track: Track = {
  type: "FeatureCollection",
  unit: "u1",
  call_sign: "永康 21",
  from_us: 0,
  until_us: 1000 * S,
  tolerance_m: 0,
  fixes: 3,
  features: [
    feature(
      "track",
      [
        [120.2, 23],
        [120.21, 23],
      ],
      {
        from_us: 10 * S,
        until_us: 20 * S,
        times_us: [10 * S, 20 * S],
        accuracy_m: [8, null],
        speed_kmh: [30, null],
        alarms: [1],
      },
    ),
    feature(
      "gap",
      [
        [120.21, 23],
        [120.25, 23],
      ],
      { from_us: 20 * S, until_us: 400 * S },
    ),
    feature("track", [120.25, 23], {
      from_us: 400 * S,
      until_us: 400 * S,
      times_us: [400 * S],
      accuracy_m: [40],
      speed_kmh: [null],
    }),
  ],
};

describe("a track", () => {
  it("is read with its silences apart, a stretch of one fix included", () => {
    const stretches = stretchesOf(track);
    expect(stretches.map(({ kind, fixes }) => [kind, fixes.length])).toEqual([
      ["track", 2],
      ["gap", 2],
      ["track", 1],
    ]);
    expect(fixesOf(stretches).map((fix) => [fix.at_us / S, fix.accuracy_m, fix.isAlarm])).toEqual([
      [10, 8, false],
      [20, null, true],
      [400, 40, false],
    ]);
  });

  it("makes nothing up between two fixes, and says when nobody knows", () => {
    const fixes = fixesOf(stretchesOf(track));
    expect(headAt(fixes, 9 * S)).toBeNull();
    expect(headAt(fixes, 19 * S)).toMatchObject({ fix: { at_us: 10 * S }, old_us: 9 * S, isSilent: false });
    expect(headAt(fixes, 140 * S)).toMatchObject({ fix: { at_us: 20 * S }, isSilent: false });
    expect(headAt(fixes, 141 * S)).toMatchObject({ fix: { at_us: 20 * S }, isSilent: true });
    expect(headAt(fixes, 999 * S)?.fix.place).toEqual({ lon: 120.25, lat: 23 });
    expect(headAt([], 5)).toBeNull();
  });

  it("is summed up without hiding what is not known", () => {
    expect(summaryOf(stretchesOf(track))).toEqual({
      fixes: 3,
      withoutAccuracy: 1,
      worst_m: 40,
      gaps: 1,
      silent_us: 380 * S,
      alarms: 1,
    });
    expect(summaryOf([]).worst_m).toBeNull();
  });
});
