import { expect, it } from "vitest";
import { sorted } from "./health";

const module = (name: string, is_healthy: boolean, detail: string) => ({ name, is_healthy, detail });

it("puts what is ill first, then what asks for attention, and says neither word twice", () => {
  const shown = sorted([
    module("cameras", true, "24 cameras"),
    module("operations", true, "ATTENTION: the last good backup is 3 days old; no map"),
    module("patrol", false, "the database fails"),
  ]);
  expect(shown).toEqual([
    { name: "patrol", state: "ill", detail: "the database fails" },
    { name: "operations", state: "attention", detail: "the last good backup is 3 days old; no map" },
    { name: "cameras", state: "well", detail: "24 cameras" },
  ]);
});

it("takes the word for a call only at the beginning", () => {
  expect(sorted([module("cameras", true, "no ATTENTION: needed")])[0]?.state).toBe("well");
});
