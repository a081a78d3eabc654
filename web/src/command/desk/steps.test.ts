import { expect, test } from "vitest";
import { nextStep, stepsTo } from "./steps";

test("the next step of an order is the one after its state, and an ended order has none", () => {
  expect(nextStep({ state: "offered", delivered_at_us: null })).toBe("delivered");
  expect(nextStep({ state: "offered", delivered_at_us: 1 })).toBe("accept");
  expect(nextStep({ state: "on_scene", delivered_at_us: null })).toBe("close");
  for (const state of ["closed", "declined", "cancelled"] as const) {
    expect(nextStep({ state, delivered_at_us: 1 })).toBeNull();
    expect(stepsTo(state, "on_scene")).toEqual([]);
  }
});

test("who is on scene has accepted and gone: no step is left out", () => {
  expect(stepsTo("offered", "on_scene")).toEqual(["accept", "en_route", "on_scene"]);
  expect(stepsTo("en_route", "close")).toEqual(["on_scene", "close"]);
  expect(stepsTo("on_scene", "accept")).toEqual([]);
});
