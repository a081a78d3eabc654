import { beforeEach, expect, test } from "vitest";
import { forgetLines, lineBefore, remember } from "./history";

beforeEach(forgetLines);

test("the newest line comes first, a line that is typed again moves up, and memory has a bound", () => {
  for (const line of ["a", "b", " a ", " "]) remember(line);
  expect([lineBefore(1), lineBefore(2), lineBefore(3), lineBefore(0)]).toEqual(["a", "b", null, null]);
  for (let n = 0; n < 80; n += 1) remember(`line ${n}`);
  expect([lineBefore(50), lineBefore(51)]).toEqual(["line 30", null]);
});
