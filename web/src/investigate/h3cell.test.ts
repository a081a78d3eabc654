import { cellToBoundary, getResolution, isValidCell, latLngToCell } from "h3-js";
import { describe, expect, it } from "vitest";
import { cellProblem, readCells, resolutionOf } from "./h3cell";

describe("an H3 cell", () => {
  it("of any resolution and place is one, and says its resolution", () => {
    for (let resolution = 0; resolution <= 15; resolution += 1) {
      for (const [lat, lon] of [
        [22.99, 120.2],
        [-54.8, -68.3],
        [64.7, 10.5],
      ] as const) {
        const cell = latLngToCell(lat, lon, resolution);
        expect([cell, cellProblem(cell)]).toEqual([cell, null]);
        expect(resolutionOf(cell)).toBe(getResolution(cell));
      }
    }
  });

  it("is pasted in any dress, each once", () => {
    const cell = latLngToCell(22.99, 120.2, 9);
    const other = latLngToCell(23.01, 120.21, 8);
    const typed = `0x${cell.toUpperCase()}，["${cell}"]\n 0${other}`;
    expect(readCells(typed)).toEqual({ cells: [cell, other], wrong: [] });
  });

  it("that is none is refused for what is wrong with it", () => {
    const problems = {
      "22.9908": "hex",
      "894ba0a6e2bfff": "length",
      "194ba0a6e2bffff": "mode",
      "89ffa0a6e2bffff": "base",
      "894ba0a6e2bfff0": "digits",
      "894ba0a6fffffff": "digits",
    };
    for (const [text, problem] of Object.entries(problems)) {
      expect([text, cellProblem(text)]).toEqual([text, problem]);
      expect(isValidCell(text)).toBe(false);
    }
  });

  it("lies where the library says, which gives latitude first", () => {
    const [[lat, lon] = [0, 0]] = cellToBoundary(latLngToCell(22.99, 120.2, 9));
    expect(lat).toBeCloseTo(22.99, 1);
    expect(lon).toBeCloseTo(120.2, 1);
  });
});
