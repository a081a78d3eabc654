import { describe, expect, it } from "vitest";
import type { Assignment, Hit, Incident, RingOrder, RingPlan } from "../../app/api/types";
import {
  defaultSeen,
  isTooOld,
  liveOrders,
  minuteClock,
  ordersBySlack,
  placeFrom,
  seenAtClock,
  sentenceOf,
  slackWord,
  tellOf,
} from "./ring";

const ASKED_US = Date.parse("2026-11-21T09:00:00Z") * 1000;

function order(call_sign: string, slack_s: number, drive_s = 100): RingOrder {
  const position = { lon: 120.2, lat: 22.99 };
  const street = "中正路 / 民權路";
  return {
    unit: call_sign,
    call_sign,
    position,
    street,
    drive_s,
    suspect_s: drive_s + 30 + slack_s,
    slack_s,
    is_kept: false,
    is_sent: false,
    is_map_exit: false,
  };
}

function planOf(change: Partial<RingPlan>): RingPlan {
  return {
    seen_at_us: ASKED_US - 60e6,
    position: { lon: 120.2, lat: 22.99 },
    asked_at_us: ASKED_US,
    outcome: "closed",
    horizon_s: 900,
    units_short: 0,
    is_proven: true,
    closed_after_s: 200,
    radius_s: 260,
    orders: [order("東 2", 90), order("東 1", 30)],
    leaks: [],
    escape: [],
    escape_leaves_map: false,
    verdicts: [],
    ...change,
  };
}

const sentAfter = (unit: string, after_s: number, state = "offered") =>
  ({ unit, state, offered_at_us: ASKED_US + after_s * 1e6 }) as Assignment;

const sentence = (plan: RingPlan, assignments: Assignment[], elapsed_s: number) =>
  sentenceOf(plan, liveOrders(plan, assignments, elapsed_s), elapsed_s);

describe("the clocks of a ring", () => {
  it("never show more time than there is", () => {
    expect(minuteClock(187.9)).toBe("3:07");
    expect(minuteClock(0.4)).toBe("0:00");
    expect(minuteClock(-0.1)).toBe("−0:01");
    expect(minuteClock(-75)).toBe("−1:15");
    expect(minuteClock(3600)).toBe("60:00");
  });

  it("run against whoever has not been sent", () => {
    const [tight] = liveOrders(planOf({}), [], 12);
    expect(tight).toMatchObject({ number: 1, drive_s: 100, suspect_s: 148, slack_s: 18, sent: null });
  });

  it("stand still for the slack of a unit that drives, while its drive runs down", () => {
    const [tight] = liveOrders(planOf({}), [sentAfter("東 1", 5)], 45);
    expect(tight).toMatchObject({ drive_s: 60, suspect_s: 115, slack_s: 25 });
    expect(tight?.sent?.unit).toBe("東 1");
  });

  it("count a unit that was sent before the question from the question on", () => {
    const [tight] = liveOrders(planOf({}), [sentAfter("東 1", -300)], 10);
    expect(tight).toMatchObject({ slack_s: 30, drive_s: 90 });
  });

  it("do not take a declined order for one that was sent", () => {
    expect(liveOrders(planOf({}), [sentAfter("東 1", 0, "declined")], 10)[0]?.sent).toBeNull();
  });
});

describe("the orders", () => {
  it("stand tightest first, and equals by call sign, without touching the answer", () => {
    const given = [order("西 9", 80), order("東 2", 30), order("東 1", 30)];
    expect(ordersBySlack(given).map((o) => o.call_sign)).toEqual(["東 1", "東 2", "西 9"]);
    expect(given[0]?.call_sign).toBe("西 9");
  });

  it("have a word for their slack", () => {
    expect([-0.5, 0, 59.9, 60].map(slackWord)).toEqual(["late", "tight", "tight", "fine"]);
  });
});

describe("the sentence", () => {
  it("promises a closed ring only from the moment of sending", () => {
    expect(sentence(planOf({}), [], 12)).toMatchObject({ key: "closed", params: { count: 2, time: "3:20" } });
  });

  it("counts down once everybody has been sent", () => {
    const all = [sentAfter("東 1", 3), sentAfter("東 2", 10)];
    expect(sentence(planOf({}), all, 40)).toMatchObject({ key: "closing", params: { time: "2:50" } });
    expect(sentence(planOf({}), all, 211).key).toBe("closed_by_now");
  });

  it("takes its word back when a junction can no longer be held in time", () => {
    expect(sentence(planOf({}), [], 31)).toMatchObject({
      key: "slipped",
      tone: "alarm",
      params: { count: 1 },
    });
  });

  it("says how many units are short and how many junctions stay open", () => {
    const leak = {
      position: { lon: 120, lat: 23 },
      street: "",
      suspect_s: 60,
      why: "no_unit",
      late_by_s: null,
      is_map_exit: false,
    } as const;
    const open = planOf({ outcome: "open", units_short: 2, leaks: [leak, leak, leak] });
    expect(sentence(open, [], 0)).toMatchObject({ key: "open", params: { short: 2, count: 3 } });
    expect(sentence({ ...open, orders: [] }, [], 0).key).toBe("open_unmanned");
  });

  it("knows a place without a way out", () => {
    expect(sentence(planOf({ outcome: "no_way_out", orders: [], closed_after_s: null }), [], 0).key).toBe(
      "no_way_out",
    );
  });
});

describe("what a crew's phone is told", () => {
  it("is the junction, and the moment before which he cannot be there", () => {
    const plan = planOf({});
    const told = tellOf(plan, plan.orders.slice(0, 1));
    const [order] = plan.orders;
    expect(told).toMatchObject({ asked_at_us: plan.asked_at_us, seen: plan.position });
    expect(told.posts).toEqual([
      {
        unit: order?.unit,
        position: order?.position,
        street: order?.street,
        by_us: Math.floor(plan.asked_at_us + (order?.suspect_s ?? 0) * 1e6),
        is_map_exit: false,
      },
    ]);
  });
});

describe("when he was seen", () => {
  const incident = { origin: "hit", opened_at_us: ASKED_US - 60e6 } as Incident;

  it("is when the camera saw him, else when the hit became an incident, else now", () => {
    expect(defaultSeen(incident, { captured_at_us: ASKED_US - 90e6 } as Hit, ASKED_US)).toBe(ASKED_US - 90e6);
    expect(defaultSeen(incident, undefined, ASKED_US)).toBe(ASKED_US - 60e6);
    expect(defaultSeen({ ...incident, origin: "call" }, undefined, ASKED_US)).toBe(ASKED_US);
  });

  it("is the latest such time in Taipei that has been", () => {
    const midnight_us = Date.parse("2026-11-21T16:00:30Z") * 1000;
    expect(seenAtClock("00:00:10", midnight_us)).toBe(midnight_us - 20e6);
    expect(seenAtClock("23:59", midnight_us)).toBe(midnight_us - 90e6);
    expect(seenAtClock("", midnight_us)).toBeNull();
    expect(seenAtClock("soon", midnight_us)).toBeNull();
  });

  it("is too old after an hour", () => {
    expect(isTooOld(ASKED_US - 3_600e6, ASKED_US)).toBe(false);
    expect(isTooOld(ASKED_US - 3_601e6, ASKED_US)).toBe(true);
  });
});

describe("a place in words", () => {
  it("is read in either order, and refused where it is none", () => {
    const place = { lon: 120.2055, lat: 22.9908 };
    expect(placeFrom("22.9908, 120.2055")).toEqual(place);
    expect(placeFrom(" 120.2055 22.9908 ")).toEqual(place);
    expect(placeFrom("22.9908，120.2055")).toEqual(place);
    for (const wrong of ["", "22.99", "22.99, 23.01", "22.99, 190", "中正路", "1202055, 22.9"]) {
      expect(placeFrom(wrong)).toBeNull();
    }
  });
});
