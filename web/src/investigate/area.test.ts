import { describe, expect, it } from "vitest";
import {
  type Area,
  areaText,
  boxOf,
  NO_AREA,
  readArea,
  readPlaces,
  ringOf,
  squareKm,
  withClick,
  withoutLast,
} from "./area";

const TAINAN = { lon: 120.2055, lat: 22.9908 };

const CELL = "894ba0a6e2bffff";

describe("an area of H3 cells", () => {
  it("stands in the address and comes back", () => {
    const area: Area = { kind: "h3", cells: [CELL, "884ba0a6e3fffff"] };
    expect(readArea(areaText(area))).toEqual(area);
    expect(readArea("h:nonsense")).toEqual(NO_AREA);
  });

  it("grows and shrinks with clicks, in cells as large as the last one", () => {
    const h3 = {
      outline: () => [],
      cellAt: (_: unknown, resolution: number) => (resolution === 9 ? CELL : "884ba0a6e3fffff"),
    };
    const none: Area = { kind: "h3", cells: [] };
    const one = withClick(none, TAINAN, h3);
    expect(one).toEqual({ kind: "h3", cells: [CELL] });
    expect(withClick(one, TAINAN, h3)).toEqual(none);
    expect(withoutLast(one)).toEqual(none);
    // Nobody knows yet where a cell lies.
    expect(withClick(none, TAINAN, null)).toEqual(none);
  });
});

describe("places in words", () => {
  it("are read in either order, with any marks between", () => {
    const { places, wrong } = readPlaces(
      "120.2055 22.9908\n22.9908, 120.2055；１２０．２０５５，２２．９９０８",
    );
    expect(places).toEqual([TAINAN, TAINAN, TAINAN]);
    expect(wrong).toEqual([]);
  });

  it("that lie elsewhere are named, not guessed", () => {
    expect(readPlaces("2.35 48.85\n120.2").wrong).toEqual(["2.35 48.85", "120.2"]);
  });
});

describe("an area", () => {
  it("comes back from the address", () => {
    const circle: Area = { kind: "circle", centre: TAINAN, radius_m: 750 };
    expect(readArea(areaText(circle))).toEqual(circle);
    const box = boxOf([120.1, 22.9, 120.3, 23.1]);
    expect(readArea(areaText(box))).toEqual(box);
    expect(readArea("c:hello")).toEqual(NO_AREA);
    expect(readArea(null)).toEqual(NO_AREA);
  });

  it("has the size of its circle", () => {
    expect(squareKm([ringOf({ kind: "circle", centre: TAINAN, radius_m: 1000 })])).toBeCloseTo(Math.PI, 1);
  });

  it("grows by clicks and shrinks by undoing them", () => {
    const centred = withClick(NO_AREA, TAINAN);
    expect(centred).toEqual({ kind: "circle", centre: TAINAN, radius_m: 500 });
    const wide = withClick(centred, { lon: 120.2155, lat: 22.9908 });
    expect(wide.kind === "circle" && wide.radius_m).toBeCloseTo(1024, -1);
    expect(withoutLast(wide)).toMatchObject({ centre: null });
    const corner = withClick({ kind: "polygon", corners: [] }, TAINAN);
    expect(withoutLast(corner)).toEqual({ kind: "polygon", corners: [] });
  });
});
