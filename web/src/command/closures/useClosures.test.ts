import { describe, expect, it } from "vitest";
import type { Closure } from "../../app/api/types.way";
import { closureFeatures } from "../../map/wayFeatures";
import { inForce } from "./useClosures";

const closure = (id: string, until_us: number): Closure => ({
  id,
  line: [{ lon: 120.2, lat: 23 }],
  reason: "火警",
  made_at_us: 0,
  until_us,
  pieces: [
    {
      street: "中正路",
      line: [
        { lon: 120.2, lat: 23 },
        { lon: 120.21, lat: 23 },
      ],
    },
  ],
});

describe("closures on the console", () => {
  it("leave the list when their time comes, without any event", () => {
    expect(inForce([closure("a", 5_000_000), closure("b", 5_000_001)], 5_000).map((one) => one.id)).toEqual([
      "b",
    ]);
  });

  it("are lines with their word, and the draft is corners and a line from two points on", () => {
    const kinds = (drawn: number) =>
      closureFeatures(
        [closure("a", 1)],
        Array.from({ length: drawn }, (_, at) => ({ lon: 120 + at / 100, lat: 23 })),
        "封閉",
      ).map((feature) => feature.properties?.kind);
    expect(kinds(0)).toEqual(["closed"]);
    expect(kinds(1)).toEqual(["closed", "corner"]);
    expect(kinds(2)).toEqual(["closed", "drawn", "corner", "corner"]);
  });
});
