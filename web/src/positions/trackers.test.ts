import { describe, expect, it } from "vitest";
import type { Tracker, UnitPosition } from "../app/api/types.positions";
import { matches, ordered, positionOf, refusals, refusedCount } from "./trackers";

const tracker = (part: Partial<Tracker>): Tracker => ({
  id: "t1",
  name: "車機",
  protocol: "osmand",
  is_gateway: false,
  gateway: null,
  device: null,
  unit: null,
  state: "online",
  created_at_us: 0,
  last_seen_at_us: null,
  last_fix_at_us: null,
  battery: null,
  taken: 0,
  refused_7d: {},
  last_error: null,
  ...part,
});

describe("trackers", () => {
  it("stand in the order in which they want an eye", () => {
    const states = ["online", "revoked", "never_seen", "error", "stale"] as const;
    expect(ordered(states.map((state) => tracker({ state }))).map((one) => one.state)).toEqual([
      "error",
      "stale",
      "never_seen",
      "online",
      "revoked",
    ]);
  });

  it("name their refusals, the most frequent first", () => {
    const refused_7d = { "positions.record.outside": 2, "positions.record.no_unit": 40 };
    expect(refusals({ refused_7d }).map((one) => one.key)).toEqual([
      "positions.record.no_unit",
      "positions.record.outside",
    ]);
    expect(refusedCount({ refused_7d })).toBe(42);
  });

  it("have the accuracy of a unit's position only where that position is theirs", () => {
    const position: UnitPosition = {
      unit: "u1",
      call_sign: "永康 21",
      kind: "car",
      state: "available",
      position: { lon: 120.2, lat: 23 },
      measured_at_us: 1,
      age: "fresh",
      age_s: 3,
      accuracy_m: 8,
      heading_deg: null,
      source: { kind: "tracker", id: "t1", name: "車機" },
    };
    expect(positionOf(tracker({}), [position])?.accuracy_m).toBe(8);
    expect(positionOf(tracker({ unit: "u1" }), [{ ...position, source: { kind: "app" } }])).toBeNull();
  });

  it("are found by name, identifier and unit", () => {
    const one = tracker({ name: "機車 3", device: "jane/phone" });
    expect(["3", "JANE", "永康", ""].map((text) => matches(one, "永康 21", text))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(matches(one, "", "東區")).toBe(false);
  });
});
