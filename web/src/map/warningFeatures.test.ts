import { describe, expect, it } from "vitest";
import type { Warning, WarningArea } from "../app/api/types.warnings";
import { warningFeatures, warningPlaces } from "./warningFeatures";

const corners = [
  { lon: 120.2, lat: 23 },
  { lon: 120.3, lat: 23 },
  { lon: 120.3, lat: 23.1 },
];

const warning = (id: string, area: Partial<WarningArea>): Warning =>
  ({ id, areas: [{ description: "永康區", polygons: [], circles: [], ...area }] }) as unknown as Warning;

describe("areas of warnings on the map", () => {
  it("are closed, and the chosen one lies above the others", () => {
    const shown = warningFeatures(
      [warning("chosen", { polygons: [corners] }), warning("other", { polygons: [corners] })],
      "chosen",
    );
    expect(shown.map((one) => one.properties?.kind)).toEqual(["other_warning", "warning"]);
    const ring = shown[0]?.geometry.type === "Polygon" ? shown[0].geometry.coordinates[0] : [];
    expect(ring?.length).toBe(4);
    expect(ring?.[0]).toEqual(ring?.[3]);
  });

  it("are nothing where a warning only names its area", () => {
    expect(warningFeatures([warning("named", {})], null)).toEqual([]);
    expect(warningPlaces(warning("named", {}))).toEqual([]);
  });

  it("hold a circle's whole width", () => {
    const round = warning("round", { circles: [{ centre: { lon: 120.2, lat: 23 }, radius_m: 1_000 }] });
    const north = Math.max(...warningPlaces(round).map((place) => place.lat));
    expect(north).toBeCloseTo(23 + 1_000 / 111_195, 5);
  });
});
