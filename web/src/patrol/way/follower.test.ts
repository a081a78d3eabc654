import { describe, expect, it } from "vitest";
import type { WayRoute, WayStep } from "../../app/api/types.way";
import {
  announcement,
  arrowOf,
  decodePolyline6,
  follow,
  isOff,
  OFF_FIXES,
  OFF_LINE_M,
  offCount,
  readied,
} from "./follower";
import { dense, TILES_MAX, tileOf, tilesAlong } from "./tiles";

/** Metres east and north of Tainan station, in degrees. */
const at = (east_m: number, north_m: number) => ({
  lon: 120.2128 + east_m / (111_195 * Math.cos((22.9971 * Math.PI) / 180)),
  lat: 22.9971 + north_m / 111_195,
});

function encode6(places: { lon: number; lat: number }[]): string {
  let [lat, lon, text] = [0, 0, ""];
  const write = (value: number) => {
    let left = value < 0 ? ~(value << 1) : value << 1;
    while (left >= 0x20) {
      text += String.fromCharCode((0x20 | (left & 0x1f)) + 63);
      left >>= 5;
    }
    text += String.fromCharCode(left + 63);
  };
  for (const place of places) {
    const [y, x] = [Math.round(place.lat * 1e6), Math.round(place.lon * 1e6)];
    write(y - lat);
    write(x - lon);
    [lat, lon] = [y, x];
  }
  return text;
}

const step = (type: string, modifier: string | null, distance: number, name = "中正路"): WayStep => ({
  maneuver: { type, modifier, location: [0, 0], instruction: `${type} ${modifier ?? ""}` },
  name,
  distance,
  duration: distance / 10,
  geometry: "",
});

function route(corners: { lon: number; lat: number }[], steps: WayStep[]): WayRoute {
  const distance = steps.reduce((sum, one) => sum + one.distance, 0);
  return { distance, duration: distance / 10, geometry: encode6(corners), legs: [{ summary: "", steps }] };
}

/** 1 km east, then 500 m north. */
const bend = readied(
  route(
    [at(0, 0), at(1000, 0), at(1000, 500)],
    [step("depart", null, 1000), step("turn", "left", 500, "北門路"), step("arrive", null, 0)],
  ),
);

describe("a polyline", () => {
  it("is read as it was written", () => {
    const places = [at(0, 0), at(-300, 40), at(5, -800)];
    const read = decodePolyline6(encode6(places));
    expect(read.map((place) => [place.lon.toFixed(5), place.lat.toFixed(5)])).toEqual(
      places.map((place) => [place.lon.toFixed(5), place.lat.toFixed(5)]),
    );
  });

  it("that is cut short or rubbish ends at its last whole place and never hangs", () => {
    const whole = encode6([at(0, 0), at(1000, 0)]);
    for (let length = 0; length < whole.length; length++)
      expect(decodePolyline6(whole.slice(0, length)).length).toBeLessThan(2);
    for (const text of ["\u0000\u0001", "~~~~~~~~~~~~~~~~~~", "道路"])
      expect(decodePolyline6(text).length).toBeLessThan(9);
  });
});

describe("a follower", () => {
  it("snaps to the line and says what comes and in how many metres", () => {
    const here = follow(bend, at(600, 12), null);
    expect(here?.off_m).toBeCloseTo(12, 0);
    expect(here?.along_m).toBeCloseTo(600, 0);
    expect(here?.next?.step.name).toBe("北門路");
    expect(here?.next?.in_m).toBeCloseTo(400, 0);
    expect(here?.left_m).toBeCloseTo(900, 0);
    expect(here?.left_s).toBeCloseTo(90, 0);
  });

  it("goes on to the next manoeuvre past a corner, and arrives", () => {
    expect(follow(bend, at(1000, 20), 990)?.next?.step.maneuver.type).toBe("arrive");
    expect(follow(bend, at(1000, 480), 1400)?.isArrived).toBe(true);
    expect(follow(bend, at(1000, 400), 1400)?.isArrived).toBe(false);
  });

  it("stays on its pass where the line passes one place twice", () => {
    const there = readied(
      route(
        [at(0, 0), at(1000, 0), at(1000, 5), at(0, 5)],
        [step("depart", null, 2005), step("arrive", null, 0)],
      ),
    );
    expect(follow(there, at(300, 3), 280)?.along_m).toBeCloseTo(300, 0);
    expect(follow(there, at(300, 2), 1690)?.along_m).toBeCloseTo(1705, 0);
  });

  it("has nothing to follow on a line without length", () => {
    expect(follow(readied(route([], [])), at(0, 0), null)).toBeNull();
    expect(follow(readied(route([at(0, 0)], [step("depart", null, 0)])), at(0, 0), null)).toBeNull();
  });

  it("has left the line after some fixes farther than fifty metres, not after one, and not by vague ones", () => {
    let count = 0;
    for (let fix = 0; fix < OFF_FIXES; fix++) {
      expect(isOff(count)).toBe(false);
      count = offCount(count, OFF_LINE_M + 1, 10);
    }
    expect(isOff(count)).toBe(true);
    expect(offCount(2, OFF_LINE_M, 10)).toBe(0);
    expect(offCount(2, 900, 300)).toBe(2);
  });

  it("says each manoeuvre once for each distance", () => {
    const said = new Set<string>();
    const names: (string | null)[] = [];
    for (const in_m of [900, 390, 380, 110, 45, 39, 10]) {
      const name = announcement(said, { index: 1, step: step("turn", "left", 1), in_m });
      if (name) said.add(name);
      names.push(name);
    }
    expect(names).toEqual([null, "1@400", null, "1@120", null, "1@40", null]);
  });

  it("has an arrow for every manoeuvre, known or not", () => {
    expect(arrowOf(step("turn", "left", 1))).toBe("←");
    expect(arrowOf(step("arrive", null, 0))).toBe("◎");
    expect(arrowOf(step("something new", "up", 0))).toBe("↑");
  });
});

describe("tiles of a way", () => {
  it("are those of the web mercator square", () => {
    expect(tileOf({ lon: 0, lat: 0 }, 1)).toEqual([1, 1]);
    expect(tileOf({ lon: 120.2128, lat: 22.9971 }, 12)).toEqual([3415, 1779]);
  });

  it("leave no gap between two far corners, and are no more than are kept", () => {
    const far = dense([at(0, 0), at(3000, 0)]);
    const xs = new Set(
      tilesAlong(far)
        .filter((tile) => tile.startsWith("15/"))
        .map((tile) => Number(tile.split("/")[1])),
    );
    const all = [...xs].sort((a, b) => a - b);
    expect(all.at(-1)).toBe((all[0] ?? 0) + all.length - 1);
    expect(tilesAlong(dense([at(0, 0), at(300_000, 0)])).length).toBeLessThanOrEqual(TILES_MAX);
  });
});
