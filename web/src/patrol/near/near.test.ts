import { expect, it } from "vitest";
import type { NearBox } from "../../app/api/types.patrol";
import { asked, placeAfter, stationsOf } from "./near";

const of = (station: string) => ({ box: { station } }) as NearBox;

it("asks about a place to a hundred metres, so that a step on is the same question", () => {
  expect(asked({ lon: 120.25049, lat: 23.03021 })).toEqual({ lon: 120.25, lat: 23.03 });
  expect(asked({ lon: 120.2504, lat: 23.0299 })).toEqual({ lon: 120.25, lat: 23.03 });
});

it("offers each station once, and keeps the chosen one where none of its boxes is near", () => {
  expect(stationsOf([of("永康"), of("大橋"), of("永康"), of("")], "仁德")).toHaveLength(4);
  expect(stationsOf([], "")).toEqual([""]);
});

it("goes along with the phone, and stays where it was last while the phone finds nothing", () => {
  const [first, next] = [
    { lon: 120.25, lat: 23.03 },
    { lon: 120.26, lat: 23.03 },
  ];
  expect(placeAfter(undefined, null)).toBeNull();
  expect(placeAfter(null, first)).toEqual(first);
  expect(placeAfter(first, next)).toEqual(next);
  expect(placeAfter(next, null)).toEqual(next);
});
