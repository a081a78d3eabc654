import { describe, expect, it } from "vitest";
import { nextOrder, ordered, shareOnTime, WORST_FIRST } from "./stations";

const row = (station: string, boxes: number, on_time: number, missed: number) => ({
  station,
  boxes,
  on_time,
  late: 0,
  missed,
  never: 0,
  check_ins_7d: 0,
});
const rows = [row("大灣", 10, 9, 1), row("永康", 4, 1, 3), row("復興", 5, 4, 1), row("新設", 0, 0, 0)];
const names = (list: { station: string }[]) => list.map((one) => one.station);

describe("the order of the stations", () => {
  it("begins with the worst, and equal ones stay by name", () => {
    expect(names(ordered(rows, WORST_FIRST))).toEqual(["永康", "大灣", "復興", "新設"]);
  });

  it("turns round at the second press and starts anew at another column", () => {
    const by = nextOrder(WORST_FIRST, "missed");
    expect(by).toEqual({ by: "missed", isDown: false });
    expect(nextOrder(by, "station")).toEqual({ by: "station", isDown: false });
    expect(nextOrder(by, "boxes")).toEqual({ by: "boxes", isDown: true });
  });

  it("puts a station without boxes below a share of nought", () => {
    expect(shareOnTime(row("新設", 0, 0, 0))).toBeNull();
    expect(names(ordered(rows, { by: "share", isDown: true })).at(-1)).toBe("新設");
  });
});
