import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import { taipei } from "../app/age";
import type { IntervalReport } from "../app/api/types.shifts";
import { type Asked, chainRows, csvRows, groupName, windowOf } from "./rows";

const t = ((key: string) => key) as unknown as TFunction;
const asked = (from: string, until: string): Asked => ({ from, until, period: "day", division: "none" });

describe("an interval report", () => {
  it("asks for whole days in Taipei, the last one with them", () => {
    const window = windowOf(asked("2026-11-01", "2026-11-01"));
    expect(window && [taipei(window.from_us), taipei(window.until_us)]).toEqual([
      "2026-11-01 00:00:00",
      "2026-11-02 00:00:00",
    ]);
    expect(windowOf(asked("2026-11-02", "2026-11-01"))).toBeNull();
    expect(windowOf(asked("2025-01-01", "2026-06-01"))).toBeNull();
    expect(windowOf(asked("", "2026-06-01"))).toBeNull();
  });

  it("leaves cells empty where too few were measured", () => {
    const few = { n: 2, p50_s: null, p90_s: null, p95_s: null };
    const many = { n: 9, p50_s: 61.4, p90_s: 120, p95_s: 130 };
    const report = {
      division: "kind",
      items: [
        {
          period: "2026-11-01",
          group: "theft",
          incidents: 9,
          call_to_sent: many,
          sent_to_under_way: few,
          under_way_to_on_scene: few,
          call_to_on_scene: few,
          on_scene_to_cleared: few,
        },
      ],
    } as unknown as IntervalReport;
    const { heads, rows } = csvRows(
      report,
      groupName("kind", (kind) => `kind ${kind}`, t),
      t,
    );
    expect(rows[0]?.slice(0, 11)).toEqual([
      "2026-11-01",
      "kind theft",
      9,
      9,
      61,
      120,
      130,
      2,
      null,
      null,
      null,
    ]);
    expect(heads).toHaveLength(rows[0]?.length ?? 0);
  });

  it("says that a district is not known", () => {
    expect(groupName("district", (kind) => kind, t)(null)).toBe("interval.unknown");
    expect(groupName("district", (kind) => kind, t)("永康區")).toBe("永康區");
  });

  it("says the chain in seconds, nothing of a few, and that nothing was measured apart from that", () => {
    const none = { p50: null, p95: null, n: 0 };
    const rows = chainRows(
      {
        read_to_hit_ms: { p50: 250, p95: 900, n: 40 },
        hit_to_confirmed_s: { p50: 20, p95: 60, n: 4 },
        confirmed_to_dispatched_s: none,
        dispatched_to_arrived_s: { p50: 240, p95: 600, n: 5 },
      },
      5,
    );
    expect(rows.map((row) => [row.isFew, row.p50_s, row.p95_s])).toEqual([
      [false, 0.25, 0.9],
      [true, 20, 60],
      [false, null, null],
      [false, 240, 600],
    ]);
  });
});
