import { describe, expect, it } from "vitest";
import { changesWays, counts, isAskedAtFix, REROUTE_PAUSE_MS } from "./asking";

const to = { lon: 120.2, lat: 22.99 };
const question = (number: number, there = to) => ({ number, to: there, isPlaced: true });

describe("an answer", () => {
  it("counts unless a later question has been answered", () => {
    expect(counts(question(1), { to, taken: 0 })).toBe(true);
    expect(counts(question(3), { to: { ...to }, taken: 1 })).toBe(true);
    expect(counts(question(1), { to, taken: 2 })).toBe(false);
  });

  it("that leads where the incident no longer is does not", () => {
    expect(counts(question(1), { to: { ...to, lon: 120.3 }, taken: 0 })).toBe(false);
  });
});

describe("a fix after a failure", () => {
  it("is the occasion to ask again where the phone had not said where it is", () => {
    expect(isAskedAtFix({ isPlaced: false, isOffline: false }, 0)).toBe(true);
    expect(isAskedAtFix({ isPlaced: false, isOffline: true }, 0)).toBe(true);
  });

  it("tries the network now and then, and asks no server again that has said no", () => {
    expect(isAskedAtFix({ isPlaced: true, isOffline: true }, REROUTE_PAUSE_MS - 1)).toBe(false);
    expect(isAskedAtFix({ isPlaced: true, isOffline: true }, REROUTE_PAUSE_MS)).toBe(true);
    expect(isAskedAtFix({ isPlaced: true, isOffline: false }, REROUTE_PAUSE_MS)).toBe(false);
  });

  it("is none where nothing failed", () => {
    expect(isAskedAtFix(null, REROUTE_PAUSE_MS)).toBe(false);
  });
});

it("closures and another map change the way, and nothing else does", () => {
  expect(["closure_changed", "map_replaced"].every((kind) => changesWays(kind as "map_replaced"))).toBe(true);
  expect(["units_moved", "incident_changed"].some((kind) => changesWays(kind as "units_moved"))).toBe(false);
});
