import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { TourPlan, TourReport } from "../app/api/types.tours";
import { planCsv, reportCsv } from "./toursCsv";

const t = ((key: string) => key) as unknown as TFunction;
const lines = (csv: string) => csv.replace("\uFEFF", "").trim().split("\r\n");
const EIGHT = Date.UTC(2026, 10, 21, 0, 0) * 1000;

describe("a plan as a file", () => {
  it("has a line for each stop, in Taipei's time, and runs nothing in a spreadsheet", () => {
    const place = {
      kind: "box",
      number: "=1+1",
      name: "郵局",
      area: "永康",
      position: { lon: 120.2, lat: 23 },
    };
    const progress = { state: "planned", reason: null, at_us: null };
    const why = [{ key: "explore", params: {} }];
    const stop = { seq: 1, place, arrive_us: EIGHT, leave_us: EIGHT + 600_000_000, why, progress };
    const plan = {
      tours: [{ call_sign: "永康 21", stops: [stop, { ...stop, seq: 2 }] }],
    } as unknown as TourPlan;
    const all = lines(planCsv(plan, t));
    expect(all).toHaveLength(3);
    expect(all[0]?.split(",")).toHaveLength(11);
    expect(all[1]).toBe(
      "永康 21,1,'=1+1 郵局,tour.kind_box,永康,120.2,23,2026-11-21 08:00:00,2026-11-21 08:10:00,tour.stop_planned,tour.why.explore",
    );
  });
});

describe("a report as a file", () => {
  it("has crews and then places, each column under its heading", () => {
    const tally = { stops: 8, done: 6, skipped: 1, planned: 1 };
    const report = {
      units: [
        {
          ...tally,
          call_sign: "永康 21",
          shifts: 2,
          standing_s: 7200,
          driving_s: 1800,
          stood_s: 3600,
          jobs: 3,
          on_jobs_s: 5400,
        },
      ],
      places: [{ ...tally, kind: "hot_spot", number: "", name: "郵局", area: "永康", hour_entropy: 0.456 }],
    } as unknown as TourReport;
    const all = lines(reportCsv(report, t));
    expect(all[1]).toBe("tour.head_unit,永康 21,,2,8,6,75,1,1,2,1,0.5,3,1.5,");
    expect(all[2]).toBe("tour.kind_hot_spot,郵局,永康,,8,6,75,1,1,,,,,,0.46");
    expect(new Set(all.map((line) => line.split(",").length))).toEqual(new Set([15]));
  });
});
