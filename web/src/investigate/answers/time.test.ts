import { describe, expect, it } from "vitest";
import type { Count, Leg } from "../../app/api/types.lake";
import { byPlace, heatDays, hourSums, ticks, travelOf } from "./time";

const at = (text: string) => Date.parse(`${text}+08:00`) * 1000;
const count = (hour: string | null, sightings: number, camera: string | null = null): Count => ({
  hour_us: hour === null ? null : at(hour),
  camera,
  place_name: camera,
  position: null,
  cell: null,
  sightings,
});

describe("hours of days", () => {
  const days = heatDays(
    [count("2026-11-20T23:00", 4), count("2026-11-21T00:00", 2), count("2026-11-21T00:00", 3)],
    at("2026-11-20T12:00"),
    at("2026-11-21T12:00"),
  );

  it("are Taipei's, and those without passages are zero", () => {
    expect(days.map((day) => day.label)).toEqual(["11-20", "11-21"]);
    expect(days[0]?.hours[23]).toBe(4);
    expect(days[1]?.hours[0]).toBe(5);
    expect(days[1]?.hours[1]).toBe(0);
  });

  it("that nobody asked about are not zero but unknown", () => {
    expect(days[0]?.hours[11]).toBeNull();
    expect(days[1]?.hours[12]).toBeNull();
  });

  it("know the weekend and add up", () => {
    expect(days[1]?.isWeekend).toBe(true);
    expect(hourSums(days)[0]).toBe(5);
  });
});

it("the busiest place comes first, its hours added", () => {
  const places = byPlace([
    count("2026-11-21T00:00", 2, "a"),
    count("2026-11-21T00:00", 4, "b"),
    count("2026-11-21T01:00", 3, "a"),
  ]);
  expect(places.map((c) => [c.camera, c.sightings])).toEqual([
    ["a", 5],
    ["b", 4],
  ]);
});

it("ticks are round hours of Taipei, and days where the day changes", () => {
  const marks = ticks(at("2026-11-20T21:30"), at("2026-11-21T03:00"), 6);
  expect(marks.map((tick) => tick.label)).toEqual(["22:00", "23:00", "11-21", "01:00", "02:00", "03:00"]);
});

it("a journey counts its gaps and its impossible legs", () => {
  const leg = (part: Partial<Leg>) =>
    ({ camera: "a", distance_m: 1000, is_gap: false, doubt: null, ...part }) as Leg;
  expect(
    travelOf([leg({ distance_m: null }), leg({ is_gap: true }), leg({ doubt: "misread", camera: "b" })]),
  ).toEqual({
    passages: 3,
    distance_m: 2000,
    gaps: 1,
    impossible: 1,
    cameras: 2,
  });
});
