// Follows a route with fixes: where on the line the phone is, what comes next, and when it has left the line.

import type { Wgs84 } from "../../app/api/types";
import type { WayRoute, WayStep } from "../../app/api/types.way";
import { distance_m } from "../../app/say";

/** Farther from the line than this, a fix says that another street is driven. */
export const OFF_LINE_M = 50;
/** So many such fixes in a row, and the way is asked for anew: one alone is a reflection from a house. */
export const OFF_FIXES = 3;
/** A fix less certain than this says neither that the line is kept nor that it is left. */
export const VAGUE_M = 100;
/** Nearer than this the job is in sight. */
export const ARRIVED_M = 30;
/** A manoeuvre this little behind is done, whatever the fix says. */
const DONE_M = 5;
/** What a metre along the line counts, where it passes one place twice: people drive on, they do not jump. */
const JUMP_SHARE = 0.02;
/** Before these distances a manoeuvre is said; the last one is said as it comes. */
export const SAY_AT_M = [400, 120, 40];

/** Places of a polyline with six decimals (Google's encoding, as OSRM has it); what is cut short ends at the last whole place. */
export function decodePolyline6(text: string): Wgs84[] {
  const places: Wgs84[] = [];
  const sums = [0, 0];
  let at = 0;
  while (at < text.length) {
    for (const axis of [0, 1]) {
      let value = 0;
      let shift = 0;
      let byte = 0x20;
      while (byte >= 0x20) {
        // NaN where the text ends within a number.
        byte = text.charCodeAt(at++) - 63;
        if (!(byte >= 0) || shift > 30) return places;
        value |= (byte & 0x1f) << shift;
        shift += 5;
      }
      sums[axis] = (sums[axis] ?? 0) + (value & 1 ? ~(value >> 1) : value >> 1);
    }
    places.push({ lat: (sums[0] ?? 0) / 1e6, lon: (sums[1] ?? 0) / 1e6 });
  }
  return places;
}

export interface ReadyRoute {
  route: WayRoute;
  line: Wgs84[];
  /** Metres from the start to each point of the line. */
  along_m: number[];
  length_m: number;
  /** With the metres from the start to their manoeuvres. */
  steps: { step: WayStep; at_m: number }[];
}

export function readied(route: WayRoute): ReadyRoute {
  const line = decodePolyline6(route.geometry);
  const along_m: number[] = [];
  let length_m = 0;
  line.forEach((place, at) => {
    const before = line[at - 1];
    if (before) length_m += distance_m(before, place);
    along_m.push(length_m);
  });
  const told = route.legs.flatMap((leg) => leg.steps);
  const told_m = told.reduce((sum, step) => sum + step.distance, 0);
  // The steps are rounded; laid on the line, the last one ends where it ends.
  const scale = told_m > 0 ? length_m / told_m : 0;
  let at_m = 0;
  const steps = told.map((step) => {
    const one = { step, at_m: at_m * scale };
    at_m += step.distance;
    return one;
  });
  return { route, line, along_m, length_m, steps };
}

export interface Followed {
  /** On the line. */
  at: Wgs84;
  along_m: number;
  off_m: number;
  left_m: number;
  left_s: number;
  /** The manoeuvre that comes, and in how many metres; null when nothing comes. */
  next: { index: number; step: WayStep; in_m: number } | null;
  isArrived: boolean;
}

function onPiece(a: Wgs84, b: Wgs84, here: Wgs84): { at: Wgs84; share: number } {
  const narrow = Math.cos((here.lat * Math.PI) / 180);
  const [dx, dy] = [(b.lon - a.lon) * narrow, b.lat - a.lat];
  const [px, py] = [(here.lon - a.lon) * narrow, here.lat - a.lat];
  const length_2 = dx * dx + dy * dy;
  const share = length_2 > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length_2)) : 0;
  return { at: { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share }, share };
}

/** The place on the line for a fix; `before_m` is where the last fix was. */
export function follow(ready: ReadyRoute, here: Wgs84, before_m: number | null): Followed | null {
  let best: { at: Wgs84; along_m: number; off_m: number; score: number } | null = null;
  for (let index = 1; index < ready.line.length; index++) {
    const [a, b] = [ready.line[index - 1], ready.line[index]];
    if (!a || !b) continue;
    const { at, share } = onPiece(a, b, here);
    const from_m = ready.along_m[index - 1] ?? 0;
    const along_m = from_m + ((ready.along_m[index] ?? from_m) - from_m) * share;
    const off_m = distance_m(at, here);
    const score = off_m + (before_m === null ? 0 : JUMP_SHARE * Math.abs(along_m - before_m));
    if (!best || score < best.score) best = { at, along_m, off_m, score };
  }
  if (!best) return null;
  const { at, along_m, off_m } = best;
  const left_m = ready.length_m - along_m;
  const index = ready.steps.findIndex((one, number) => number > 0 && one.at_m > along_m - DONE_M);
  const coming = ready.steps[index];
  return {
    at,
    along_m,
    off_m,
    left_m,
    left_s: ready.length_m > 0 ? (ready.route.duration * left_m) / ready.length_m : 0,
    next: coming ? { index, step: coming.step, in_m: Math.max(0, coming.at_m - along_m) } : null,
    isArrived: left_m <= ARRIVED_M && off_m <= OFF_LINE_M,
  };
}

/** How many fixes in a row lie off the line, after this one. */
export function offCount(before: number, off_m: number, accuracy_m: number | null): number {
  if (accuracy_m !== null && accuracy_m > VAGUE_M) return before;
  return off_m > OFF_LINE_M ? before + 1 : 0;
}

export const isOff = (count: number): boolean => count >= OFF_FIXES;

/** The name of what is to be said now, or null: each manoeuvre once for each distance. */
export function announcement(said: ReadonlySet<string>, next: Followed["next"]): string | null {
  if (!next) return null;
  const reached = SAY_AT_M.filter((metres) => next.in_m <= metres);
  const nearest = reached.at(-1);
  if (nearest === undefined) return null;
  const name = `${next.index}@${nearest}`;
  return said.has(name) ? null : name;
}

/** An arrow that is read at a glance; the words stand beside it. */
const ARROWS: Record<string, string> = {
  uturn: "↶",
  "sharp right": "↘",
  right: "→",
  "slight right": "↗",
  straight: "↑",
  "slight left": "↖",
  left: "←",
  "sharp left": "↙",
};

export function arrowOf({ maneuver }: WayStep): string {
  if (maneuver.type === "arrive") return "◎";
  if (maneuver.type === "roundabout") return "↻";
  return ARROWS[maneuver.modifier ?? ""] ?? "↑";
}
