import { expect, it } from "vitest";
import { leftAfter } from "./note";

it("clears the box of what was said, and of nothing that was typed meanwhile", () => {
  expect(leftAfter("on the corner", "on the corner")).toBe("");
  expect(leftAfter("on the corner, two of them", "on the corner")).toBe("on the corner, two of them");
  expect(leftAfter("another", "on the corner")).toBe("another");
  expect(leftAfter("", "on the corner")).toBe("");
});
