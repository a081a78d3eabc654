import { expect, it } from "vitest";
import { FIRST } from "./questions";
import { recentOf, remember } from "./recent";

const asked = (plate: string) => ({ kind: "history" as const, draft: { ...FIRST, plate }, at_ms: 1 });

it("what was asked is kept once, newest first, and for nobody else", () => {
  remember("mei", asked("ABC1234"));
  remember("mei", asked("XYZ9876"));
  remember("mei", asked("ABC1234"));
  expect(recentOf("mei").map((one) => one.draft.plate)).toEqual(["ABC1234", "XYZ9876"]);
  expect(recentOf("lin")).toEqual([]);
  remember("lin", asked("K12345"));
  expect(recentOf("mei")).toEqual([]);
});
