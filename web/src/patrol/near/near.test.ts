import { expect, it } from "vitest";
import type { NearBox } from "../../app/api/types.patrol";
import { asked, stationsOf } from "./near";

const of = (station: string) => ({ box: { station } }) as NearBox;

it("asks about a place to a hundred metres, so that a step on is the same question", () => {
  expect(asked({ lon: 120.25049, lat: 23.03021 })).toEqual({ lon: 120.25, lat: 23.03 });
  expect(asked({ lon: 120.2504, lat: 23.0299 })).toEqual({ lon: 120.25, lat: 23.03 });
});

it("offers each station once, and keeps the chosen one where none of its boxes is near", () => {
  expect(stationsOf([of("永康"), of("大橋"), of("永康"), of("")], "仁德")).toHaveLength(4);
  expect(stationsOf([], "")).toEqual([""]);
});
