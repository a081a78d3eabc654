import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { PatrolReport, ReportPeriod } from "../app/api/types.report";
import type { StreetCoverage, StreetLine } from "../app/api/types.streets";
import { reportCsv, sayPeriod, sayReportShare } from "./report";
import { coverageCsv, sayHour, sayKm, sayPassages, shareCovered } from "./streets";
import { asWindow, wideView } from "./useStreets";

const t = ((key: string, values?: Record<string, unknown>) =>
  values ? `${key} ${Object.values(values).join(" ")}` : key) as unknown as TFunction;
const lines = (csv: string) => csv.replace("\uFEFF", "").trim().split("\r\n");
const EIGHT = Date.UTC(2026, 10, 16, 0, 0) * 1000;
const metres = { length_m: 4000, covered_m: 1000, stale_m: 500, open_m: 2500 };

describe("streets in words", () => {
  const line = {
    forward: 3,
    backward: 1,
    is_one_way: false,
    line: [
      [120.2, 23],
      [120.21, 23],
    ],
  } as unknown as StreetLine;

  it("say which way was driven, and nothing where that may not be told", () => {
    expect(sayPassages(line, t)).toBe(
      ["street.passages wind.e 3", "street.passages wind.w 1"].join(t("app.list_joiner")),
    );
    expect(sayPassages({ ...line, is_one_way: true, backward: 0 }, t)).toBe("street.passages wind.e 3");
    expect(sayPassages({ ...line, forward: null, backward: null }, t)).toBeNull();
  });

  it("say kilometres and hours no finer than they are known", () => {
    expect([sayKm(1234), sayKm(123_456), sayHour(null), sayHour(EIGHT)]).toEqual([
      "1.2",
      "123",
      "—",
      "11-16 08:00",
    ]);
    expect(shareCovered(metres)).toBe(0.25);
    expect(shareCovered({ length_m: 0, covered_m: 0, stale_m: 0, open_m: 0 })).toBeNull();
  });

  it("ask for the same rectangle after a small move", () => {
    expect(wideView([120.201, 22.991, 120.219, 23.009])).toEqual([120.2, 22.99, 120.22, 23.01]);
    expect(wideView([120.202, 22.992, 120.218, 23.008])).toEqual([120.2, 22.99, 120.22, 23.01]);
    expect([asWindow("week"), asWindow("year")]).toEqual(["week", "day"]);
  });
});

describe("files", () => {
  it("have a line for each beat and street, and run nothing in a spreadsheet", () => {
    const cover = {
      areas: [{ station: "永康", beat: "03", ...metres }],
      streets: [{ station: "永康", beat: "03", name: "=1+1", last_us: EIGHT, ...metres }],
    } as unknown as StreetCoverage;
    const all = lines(coverageCsv(cover, t));
    expect(all).toHaveLength(3);
    expect(all[1]).toBe("street.area,永康,03,,4,1,0.5,2.5,25,");
    expect(all[2]).toBe("street.street,永康,03,'=1+1,4,1,0.5,2.5,25,2026-11-16 08:00:00");
  });

  it("have as many fields in each line of the report as there are heads", () => {
    const share = { part: 25, whole: 30, share: 25 / 30, low: 0.66, high: 0.93 };
    const visits = { on_time: 25, late: 5, missed: 0, on_time_share: share };
    const period = {
      from_us: EIGHT - 8 * 3_600_000_000,
      until_us: EIGHT - 8 * 3_600_000_000 + 7 * 86_400_000_000,
      visits,
      tally: { stops: 4, done: 3, skipped: 1, planned: 0 },
      hit_share: null,
      hits_expected: 1.23,
      streets: null,
    } as unknown as ReportPeriod;
    const box = { number: "1", name: "郵局", station: "永康", visits, guessed: share, hour_entropy: 0.5 };
    const report = {
      by: "week",
      station: "永康",
      periods: [period],
      boxes: [box],
    } as unknown as PatrolReport;
    const all = lines(reportCsv(report, t)).map((line) => line.split(",").length);
    expect(new Set(all).size).toBe(1);
    expect(all).toHaveLength(3);
    expect(sayPeriod(period)).toBe("11-16 – 11-22");
    expect(sayReportShare(share, t)).toBe("report.share 83 66 93 25 30");
    expect(sayReportShare(null, t)).toBe("—");
  });
});
