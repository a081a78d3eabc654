import { expect, it } from "vitest";
import { platesOf } from "./plates";

it("each plate is there once, whatever stands between them", () => {
  expect(platesOf("ABC-1234， xy-9999\nABC-1234")).toEqual(["ABC-1234", "xy-9999"]);
  expect(platesOf("QWE-7319，ABC-1234\n\n  DEF-5678、")).toEqual(["QWE-7319", "ABC-1234", "DEF-5678"]);
  expect(platesOf("A-1;B-2；C-3")).toEqual(["A-1", "B-2", "C-3"]);
  expect(platesOf(" ,、\n")).toEqual([]);
});
