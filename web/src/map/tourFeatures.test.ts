import { describe, expect, it } from "vitest";
import type { Progress, TourPlan, TourStop } from "../app/api/types.tours";
import { crewFeatures, tourColour, tourFeatures, tourLetter } from "./tourFeatures";

const base = { lon: 120, lat: 23 };
const stop = (seq: number, state: Progress["state"] = "planned") =>
  ({ seq, place: { position: { lon: 120 + seq, lat: 23 } }, progress: { state } }) as TourStop;
const kinds = (features: GeoJSON.Feature[]) => features.map((one) => one.properties?.kind);

describe("tours on the map", () => {
  it("are a line from the base and back, and a numbered sign for each stop", () => {
    const made = crewFeatures(1, base, [stop(1, "done"), stop(2), stop(3, "skipped")]);
    expect(kinds(made)).toEqual(["line", "stop", "stop", "stop"]);
    expect(made.slice(1).map((one) => one.properties?.label)).toEqual(["B1✓", "B2", "B3×"]);
    const line = made[0]?.geometry as GeoJSON.LineString;
    // What was skipped is not driven to.
    expect(line.coordinates.map(([lon]) => lon)).toEqual([120, 121, 122, 120]);
  });

  it("show one crew or all, and a crew without stops draws no line", () => {
    const tours = [
      { unit: "u1", stops: [stop(1)] },
      { unit: "u2", stops: [] },
    ];
    const plan = { base, tours } as unknown as TourPlan;
    expect(kinds(tourFeatures(plan, ""))).toEqual(["line", "stop", "base"]);
    expect(kinds(tourFeatures(plan, "u2"))).toEqual(["base"]);
  });

  it("have a letter of their own where colours begin again", () => {
    const names = Array.from({ length: 20 }, (_, at) => `${tourColour(at).fill}${tourLetter(at)}`);
    expect(new Set(names).size).toBe(20);
  });
});
