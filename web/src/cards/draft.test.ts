import { describe, expect, it } from "vitest";
import { faultOf, newAsk, withAsk, withChange, withKind, withLevel } from "./draft";

describe("a run card", () => {
  it("gets its next level from the one below, and no fourth", () => {
    const one = [{ asks: [{ count: 2, unit_kind: "car" as const, skills: ["crash_kit"] }] }];
    const three = withLevel(withLevel(one));
    expect(three).toHaveLength(3);
    expect(three[2]).toEqual(one[0]);
    expect(three[2]?.asks[0]).not.toBe(one[0]?.asks[0]);
    expect(withLevel(three)).toHaveLength(3);
  });

  it("changes one line and leaves the others", () => {
    const levels = [{ asks: [newAsk()] }, { asks: [newAsk(), newAsk()] }];
    const more = withAsk(levels, 1, 1, { ...newAsk(), count: 4 });
    expect(more.map((level) => level.asks.map((ask) => ask.count))).toEqual([[1], [1, 4]]);
    expect(withAsk(more, 1, 0, null)[1]?.asks.map((ask) => ask.count)).toEqual([4]);
    expect(withAsk(levels, 0, 9, newAsk())[0]?.asks).toHaveLength(2);
  });

  it("says which level the server would refuse", () => {
    expect(faultOf([{ asks: [newAsk()] }])).toBeNull();
    expect(faultOf([{ asks: [] }])).toEqual({ level: 1, why: "empty" });
    expect(faultOf([{ asks: [{ ...newAsk(), count: 3 }] }, { asks: [newAsk()] }])).toEqual({
      level: 2,
      why: "fewer",
    });
  });

  it("is based on the version that was there when the change began", () => {
    const held = (version: number) => ({ cards: {}, version, set_at_us: null, set_by: null });
    const first = withChange(null, held(3), { cards: {} });
    const later = withChange(first, held(4), withKind(first, "robbery", [{ asks: [newAsk()] }]));
    expect([first.base_version, later.base_version]).toEqual([3, 3]);
    expect(Object.keys(later.cards)).toEqual(["robbery"]);
    expect(withChange(null, held(4), later).base_version).toBe(4);
  });

  it("of a kind can be taken away", () => {
    const cards = withKind({ cards: {} }, "robbery", [{ asks: [newAsk()] }]);
    expect(Object.keys(cards.cards)).toEqual(["robbery"]);
    expect(withKind(cards, "robbery", null)).toEqual({ cards: {} });
  });
});
