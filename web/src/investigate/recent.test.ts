import { expect, it } from "vitest";
import { FIRST } from "./questions";
import { recentOf, remember } from "./recent";

const asked = (summary: string) => ({ kind: "history" as const, draft: FIRST, summary, at_ms: 1 });

it("what was asked is kept once, newest first, and for nobody else", () => {
  remember("mei", asked("a"));
  remember("mei", asked("b"));
  remember("mei", asked("a"));
  expect(recentOf("mei").map((one) => one.summary)).toEqual(["a", "b"]);
  expect(recentOf("lin")).toEqual([]);
  remember("lin", asked("c"));
  expect(recentOf("mei")).toEqual([]);
});
