import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import type { CallerPlace, CallerView } from "../app/api/types.caller";
import { callerFeatures } from "./callerFeatures";

const t = ((key: string, values?: object) =>
  `${key}${values ? JSON.stringify(values) : ""}`) as unknown as TFunction;
const view = (place: CallerPlace | null): CallerView => ({
  call: "c1",
  number: "T115-1122-0001",
  link: null,
  place,
  doubted: null,
  words: [],
});
const place = (more: Partial<CallerPlace> = {}): CallerPlace => ({
  position: { lon: 120.2, lat: 23 },
  accuracy_m: 18.4,
  measured_at_us: 100_000_000,
  off_road_m: null,
  ...more,
});

describe("a caller on the map", () => {
  it("has its circle and its age, and no caller has none", () => {
    const [feature] = callerFeatures([view(null), view(place())], 112_000, t);
    expect(feature?.geometry).toEqual({ type: "Point", coordinates: [120.2, 23] });
    expect(feature?.properties).toMatchObject({
      id: "c1",
      icon: "caller.now",
      accuracy_m: 18.4,
      is_old: false,
    });
    expect(feature?.properties?.label).toMatch(/"metres":18.*ago_seconds.*12/s);
  });

  it("looks old after a minute, and is as unsure as the next road is far", () => {
    expect(callerFeatures([view(place())], 161_000, t)[0]?.properties).toMatchObject({
      icon: "caller.old",
      is_old: true,
    });
    expect(callerFeatures([view(place({ off_road_m: 2_300 }))], 101_000, t)[0]?.properties?.accuracy_m).toBe(
      2_300,
    );
  });
});
