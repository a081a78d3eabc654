import { describe, expect, it } from "vitest";
import { microsFromTaipei } from "../app/age";
import { readThefts, theftsText } from "./thefts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const at = (local: string) => microsFromTaipei(local) ?? 0;

describe("stolen vehicles in words", () => {
  it("are read however a list writes them", () => {
    const lines = [
      "車牌,失竊時間,尋獲時間",
      "ABC-1234,2026-11-01 08:30,2026-11-04 10:00",
      "ＤＥＦ－５６７８　115/11/02",
      "民國115年11月3日 7時05分\tGHI-9012",
      "JKL 3456 2026/11/04 23:59:30",
      '"MNO-7890","2026-11-01T00:30:00Z",""',
      "ABC-1234 2026-11-01 08:30",
    ].join("\r\n");
    const { thefts, wrong } = readThefts(lines, NOW);
    expect(wrong).toEqual([]);
    expect(thefts).toEqual([
      { plate: "ABC1234", stolen_at_us: at("2026-11-01T08:30"), recovered_at_us: at("2026-11-04T10:00") },
      { plate: "DEF5678", stolen_at_us: at("2026-11-02T00:00"), recovered_at_us: null },
      { plate: "GHI9012", stolen_at_us: at("2026-11-03T07:05"), recovered_at_us: null },
      { plate: "JKL3456", stolen_at_us: at("2026-11-04T23:59:30"), recovered_at_us: null },
      { plate: "MNO7890", stolen_at_us: at("2026-11-01T08:30"), recovered_at_us: null },
    ]);
  });

  it("that cannot be read name the line and what is wrong with it", () => {
    const lines = [
      "ABC-1234",
      "2026-11-01 08:30",
      "ABC-1234 2026-13-01",
      "ABC-1234 2027-01-01",
      "ABC-1234 2026-11-05 2026-11-04",
      "AB?1234 2026-11-05",
    ].join("\n");
    const { thefts, wrong } = readThefts(lines, NOW);
    expect(thefts).toEqual([]);
    expect(wrong.map(({ line, problem }) => [line, problem])).toEqual([
      [1, "no_time"],
      [2, "no_plate"],
      [3, "time_wrong"],
      [4, "in_future"],
      [5, "found_before"],
      [6, "no_plate"],
    ]);
  });

  it("come back from their own words", () => {
    const { thefts } = readThefts("abc1234 2026-11-01 08:30 2026-11-04 10:00\nDEF-5678 115/11/02", NOW);
    expect(readThefts(theftsText(thefts), NOW).thefts).toEqual(thefts);
    expect(readThefts(theftsText(thefts, ";"), NOW).thefts).toEqual(thefts);
  });
});
