import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { Progress, TourPlace, TourStop } from "../app/api/types.tours";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { minutes, nextStop, sayPlace, sayProgress, sayWhy } from "./say";
import { isShift, nextShift, restOfShift } from "./shift";

const HOUR = 3_600_000_000;
/** 2026-11-21 08:00 in Taipei. */
const EIGHT = Date.UTC(2026, 10, 21, 0, 0) * 1000;
const t = ((key: string, values?: object) =>
  values && Object.keys(values).length > 0
    ? `${key} ${JSON.stringify(values)}`
    : key) as unknown as TFunction;
const progress = (over: Partial<Progress>): Progress => ({
  state: "planned",
  reason: null,
  at_us: null,
  by_name: null,
  expected_arrive_us: EIGHT,
  expected_leave_us: EIGHT,
  ...over,
});

describe("the shift that is planned next", () => {
  it("begins at the next change and lasts eight hours", () => {
    expect(nextShift(EIGHT - 1)).toEqual({ from_us: EIGHT, to_us: EIGHT + 8 * HOUR });
    expect(nextShift(EIGHT).from_us).toBe(EIGHT + 8 * HOUR);
  });

  it("is one only within the server's bounds", () => {
    expect(isShift(EIGHT, EIGHT + HOUR, EIGHT)).toBe(true);
    expect(isShift(EIGHT, EIGHT + 15 * HOUR, EIGHT)).toBe(false);
    expect(isShift(EIGHT, EIGHT, EIGHT)).toBe(false);
    expect(isShift(EIGHT, EIGHT + HOUR, EIGHT + 2 * HOUR)).toBe(false);
    expect(isShift(null, EIGHT, EIGHT)).toBe(false);
  });

  it("plans no past again: the rest begins at the next five minutes", () => {
    expect(restOfShift(EIGHT, EIGHT - HOUR)).toBe(EIGHT);
    expect(restOfShift(EIGHT, EIGHT + HOUR)).toBe(EIGHT + HOUR);
    expect(restOfShift(EIGHT, EIGHT + HOUR + 1)).toBe(EIGHT + HOUR + 300_000_000);
  });
});

describe("a stop in words", () => {
  it("says its numbers, and an unknown reason by its key", () => {
    expect(sayWhy({ key: "detour", params: { detour_min: 3 } }, t)).toContain('"detour_min":3');
  });

  it("has a text in both languages for every reason that the server gives", () => {
    const keys = [
      "expected",
      "expected_thin",
      "explore",
      "box_due",
      "box_never",
      "repeat",
      "detour",
      "chance",
    ];
    keys.push("area_cap", "unit_cap", "revisit_gap", "no_time", "no_road");
    for (const texts of [zh, en]) expect(Object.keys(texts.tour.why).sort()).toEqual(keys.sort());
  });

  it("is named by its box or by what it lies near", () => {
    const place = { kind: "box", number: "永康-001", name: "郵局" } as TourPlace;
    expect(sayPlace(place, t)).toBe("永康-001 郵局");
    expect(sayPlace({ ...place, kind: "hot_spot" }, t)).toBe('tour.near_hot_spot {"name":"郵局"}');
    expect(sayPlace({ ...place, kind: "explore", name: "" }, t)).toBe("tour.kind_explore");
  });

  it("says when it was made, and why it was not", () => {
    expect(sayProgress(progress({ state: "done", at_us: EIGHT }), t)).toBe("tour.stop_done 08:00");
    expect(sayProgress(progress({ state: "skipped", reason: "task_no_time" }), t)).toBe(
      "tour.reason_task_no_time",
    );
    expect(minutes(EIGHT, EIGHT + 630_000_000)).toBe(11);
  });

  it("is next when it is the first that is still planned", () => {
    const stop = (seq: number, state: Progress["state"]) =>
      ({ seq, progress: progress({ state }) }) as TourStop;
    expect(nextStop([stop(1, "done"), stop(2, "skipped"), stop(3, "planned"), stop(4, "planned")])?.seq).toBe(
      3,
    );
    expect(nextStop([stop(1, "done")])).toBeNull();
  });
});
