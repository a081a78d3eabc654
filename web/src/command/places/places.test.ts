import { describe, expect, it } from "vitest";
import type { FoundPlaces, PlaceCandidate } from "../../app/api/types.places";
import { addressKept, firstActive, isAsked, isStillPicked, keyDoes, middleOf, stepActive } from "./places";

const place = (address: string): PlaceCandidate => ({
  address,
  position: { lon: 120.2, lat: 22.99 },
  radius_m: 20,
  kind: "exact_number",
  score: 1,
  town: "永康區",
  beside: null,
  is_completion: false,
  doubts: [],
});
const found = (count: number, is_ambiguous: boolean): FoundPlaces => ({
  items: Array.from({ length: count }, (_, at) => place(`中正路${at}號`)),
  is_ambiguous,
  why_not: [],
  unread: [],
});

describe("an address box", () => {
  it("asks from the second character on, however wide", () => {
    expect(["", " 中 ", "中正", "𠮷"].map(isAsked)).toEqual([false, false, true, false]);
  });

  it("never chooses for a person between places that are as good", () => {
    const first = [null, found(0, false), found(3, false)].map((one) => firstActive(one, false));
    expect(first).toEqual([-1, -1, 0]);
    expect(firstActive(found(5, true), false)).toBe(-1);
    const box = { isOpen: true, active: -1, isUnplaced: true, isComposing: false };
    expect(keyDoes("Enter", box)).toBe("hold");
    expect(keyDoes("Enter", { ...box, active: 2 })).toBe("pick");
  });

  it("never moves a pin that a hand has put somewhere by Enter alone", () => {
    expect(firstActive(found(3, false), true)).toBe(-1);
    expect(keyDoes("Enter", { isOpen: true, active: -1, isUnplaced: false, isComposing: false })).toBeNull();
  });

  it("goes around the ends of its list", () => {
    expect([stepActive(-1, 1, 3), stepActive(2, 1, 3), stepActive(0, -1, 3), stepActive(-1, -1, 3)]).toEqual([
      0, 0, 2, 2,
    ]);
    expect(stepActive(4, 1, 0)).toBe(-1);
  });

  it("leaves the keys of an input method alone", () => {
    const box = { isOpen: true, active: 0, isUnplaced: true, isComposing: true };
    expect(["Enter", "ArrowDown", "Escape"].map((key) => keyDoes(key, box))).toEqual([null, null, null]);
  });

  it("closes its list before its form, and opens no incident while the place is not settled", () => {
    const closed = { isOpen: false, active: -1, isUnplaced: false, isComposing: false };
    expect(keyDoes("Escape", { ...closed, isOpen: true })).toBe("close");
    expect(keyDoes("Escape", { ...closed, isUnplaced: true })).toBe("close");
    expect(keyDoes("Escape", closed)).toBeNull();
    expect(keyDoes("Enter", { ...closed, isUnplaced: true })).toBe("hold");
    expect(keyDoes("Enter", closed)).toBeNull();
    expect(keyDoes("ArrowDown", closed)).toBeNull();
  });

  it("keeps what was said, and what it was taken for where that says more", () => {
    const picked = place("臺南市永康區中正路50號");
    expect(addressKept(" 中正路５０號 ", picked)).toBe("臺南市永康區中正路50號");
    expect(addressKept("台南市永康區 中正路50號", picked)).toBe("臺南市永康區中正路50號");
    expect(addressKept("永康中正路五十號對面", picked)).toBe(
      "永康中正路五十號對面（臺南市永康區中正路50號）",
    );
    expect(addressKept("便利商店旁", null)).toBe("便利商店旁");
  });

  it("knows when somebody has put the pin elsewhere", () => {
    const picked = place("臺南市永康區中正路50號");
    expect(isStillPicked(picked, { lon: 120.2, lat: 22.99 })).toBe(true);
    expect(isStillPicked(picked, { lon: 120.21, lat: 22.99 })).toBe(false);
    expect([isStillPicked(picked, null), isStillPicked(null, null)]).toEqual([false, false]);
  });

  it("takes the middle of the map for where she looks", () => {
    expect(middleOf([120, 22, 121, 24])).toEqual({ lon: 120.5, lat: 23 });
  });
});
