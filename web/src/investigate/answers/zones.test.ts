import { describe, expect, it } from "vitest";
import type { TheftZone } from "../../app/api/types.lake";
import { namedZones, totalOf, trendOf, zoneName, zonesOf } from "./zones";

const WEEK_US = 7 * 86_400_000_000;

function zone(cell: string, week: number | null, before: number, after: number, end = 0): TheftZone {
  return {
    cell,
    position: { lon: 120.2, lat: 22.99 },
    period_from_us: week === null ? null : week * WEEK_US,
    last_seen_before: before,
    first_seen_after: after,
    last_seen_after: end,
  };
}

const ITEMS = [zone("a", 10, 3, 0), zone("b", 10, 1, 4), zone("a", 13, 2, 1)];

describe("theft zones", () => {
  it("of all periods are summed by cell, the most vehicles of the side first", () => {
    expect(zonesOf(ITEMS, null, "before").map((z) => [z.cell, z.last_seen_before])).toEqual([
      ["a", 5],
      ["b", 1],
    ]);
    expect(zonesOf(ITEMS, null, "after").map((z) => [z.cell, z.first_seen_after])).toEqual([
      ["b", 4],
      ["a", 1],
    ]);
    // The answer itself stays as it was.
    expect(ITEMS[0]?.last_seen_before).toBe(3);
  });

  it("of one period are those of that period alone", () => {
    expect(zonesOf(ITEMS, 13 * WEEK_US, "before").map((z) => z.cell)).toEqual(["a"]);
  });

  it("have a trend in which a period without thefts is a zero, and the chosen cell its share", () => {
    expect(trendOf(ITEMS, 7, "before", "a").map((p) => [p.vehicles, p.here])).toEqual([
      [4, 3],
      [0, 0],
      [0, 0],
      [2, 2],
    ]);
    expect(trendOf([zone("a", null, 1, 1)], 7, "before", null)).toEqual([]);
    expect(totalOf(ITEMS, "after")).toBe(5);
  });

  it("are called after the nearest camera, and by their place where none is near", () => {
    const camera = (name: string, lon: number) => ({
      id: name,
      name,
      kind: "fixed" as const,
      position: { lon, lat: 22.99 },
      heading_deg: null,
      is_active: true,
    });
    const items = zonesOf(ITEMS, null, "before");
    const [near] = namedZones(items, [camera("遠", 120.215), camera("近", 120.201)]);
    expect(near && zoneName(near)).toBe("近");
    const [far] = namedZones(items, [camera("太遠", 120.3)]);
    expect(far && zoneName(far)).toBe("22.9900, 120.2000");
  });
});
