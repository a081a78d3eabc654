import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import type { Unit } from "../../app/api/types";
import type { Advised } from "../../app/api/types.choice";
import { zh } from "../../i18n/zh";
import { isAgainst, reasonText, splitAdvised } from "./reasons";

beforeAll(async () => {
  await i18next.init({ lng: "zh-TW", resources: { "zh-TW": { translation: zh } }, returnNull: false });
});

const text = (key: string, value: number | null) => reasonText({ key, is_for: true, value }, i18next.t);

describe("a reason", () => {
  it("is told in the unit that it counts", () => {
    expect(text("least_air", 1240)).toBe("直線最近，領先 1.2 公里");
    expect(text("least_travel", 75)).toBe("最快到，領先 75 秒");
    expect(text("slower_than_chosen", 130)).toBe("比建議者慢 2 分 10 秒");
    expect(text("preempted_too_often", 2)).toBe("原案件已被調走 2 次");
  });

  it("never shows a number that is not there", () => {
    expect(text("rested", null)).toBe("本班還沒出過勤");
    expect(text("taken_from_lesser", null)).toBe("沒有待命警力可派，只能調派");
    expect(text("least_air", null)).not.toContain("{{");
  });

  it("that is unknown here is shown by its key", () => {
    expect(text("of_tomorrow", 3)).toBe("of_tomorrow");
  });
});

const advised = (id: string, rank: number | null, isTaken = false): Advised => ({
  unit: { id } as Unit,
  rank,
  distance_m: null,
  eta_s: null,
  is_by_road: true,
  reasons: [],
  takes_from: isTaken ? { assignment: "a", incident: "i", incident_number: "115-1", priority: 3 } : null,
});

describe("a proposal", () => {
  it("has the proposed unit first, also where it must be taken from another job", () => {
    const items = [advised("a", 1), advised("b", 2), advised("c", null), advised("d", null, true)];
    const { can, cannot } = splitAdvised(items, "d");
    expect(can.map((one) => one.unit.id)).toEqual(["d", "a", "b"]);
    expect(cannot.map((one) => one.unit.id)).toEqual(["c"]);
  });

  it("asks why whoever sends another one, taken from another job or not, and nobody who sends the first", () => {
    const [first, second, away] = [advised("a", 1), advised("b", 2), advised("c", null, true)];
    expect([first, second, away].map((one) => isAgainst(one, "a"))).toEqual([false, true, true]);
    // The one that is proposed is taken from another job; the first of those that are free is no refusal either.
    expect([first, second, away].map((one) => isAgainst(one, "c"))).toEqual([false, true, false]);
    expect([first, second, away].map((one) => isAgainst(one, null))).toEqual([false, false, false]);
  });
});
