// A track as a person reads it: fixes in order, stretches and silences, and where the unit was at a moment.

import type { Micros, Wgs84 } from "../app/api/types";
import type { Track, TrackFeature } from "../app/api/types.positions";

/** Twenty-four hours at most, as the server has it. */
export const TRACK_MAX_US = 24 * 3_600_000_000;
/** Silence of more than two minutes is a gap, as the server has it. */
export const GAP_US = 120_000_000;

export interface Fix {
  at_us: Micros;
  place: Wgs84;
  /** Null: the device did not say. */
  accuracy_m: number | null;
  speed_kmh: number | null;
  isAlarm: boolean;
}

export interface Stretch {
  kind: "track" | "gap";
  from_us: Micros;
  until_us: Micros;
  /** Of a gap: the last before it and the first after it. */
  fixes: Fix[];
}

function placesOf({ geometry }: TrackFeature): Wgs84[] {
  const all = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
  if (!Array.isArray(all)) return [];
  return all.flatMap((pair) => {
    const [lon, lat] = Array.isArray(pair) ? pair : [];
    return typeof lon === "number" && typeof lat === "number" ? [{ lon, lat }] : [];
  });
}

export function stretchesOf(track: Track): Stretch[] {
  return track.features.map((feature) => {
    const { part, from_us, until_us, times_us, accuracy_m, speed_kmh, alarms } = feature.properties;
    const cries = new Set(alarms);
    const fixes = placesOf(feature).map((place, at): Fix => {
      const ends = at === 0 ? from_us : until_us;
      return {
        at_us: times_us[at] ?? ends,
        place,
        accuracy_m: accuracy_m[at] ?? null,
        speed_kmh: speed_kmh[at] ?? null,
        isAlarm: cries.has(at),
      };
    });
    return { kind: part, from_us, until_us, fixes };
  });
}

/** What was heard, oldest first. */
export function fixesOf(stretches: Stretch[]): Fix[] {
  return stretches.flatMap((stretch) => (stretch.kind === "track" ? stretch.fixes : []));
}

export interface Head {
  fix: Fix;
  /** How long before the moment it was measured, microseconds. */
  old_us: number;
  /** Nobody knows where the unit was: the fix is the last one before a silence. */
  isSilent: boolean;
}

/** The newest fix at a moment. Nothing is made up between two fixes. */
export function headAt(fixes: Fix[], at_us: Micros): Head | null {
  let low = 0;
  let high = fixes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fixes[middle]?.at_us ?? 0) <= at_us) low = middle + 1;
    else high = middle;
  }
  const fix = fixes[low - 1];
  if (!fix) return null;
  const old_us = at_us - fix.at_us;
  return { fix, old_us, isSilent: old_us > GAP_US };
}

export interface TrackSummary {
  fixes: number;
  withoutAccuracy: number;
  /** The widest radius that a device told; null where none did. */
  worst_m: number | null;
  gaps: number;
  silent_us: number;
  alarms: number;
}

export function summaryOf(stretches: Stretch[]): TrackSummary {
  const fixes = fixesOf(stretches);
  const gaps = stretches.filter((stretch) => stretch.kind === "gap");
  let worst_m: number | null = null;
  let withoutAccuracy = 0;
  let alarms = 0;
  for (const fix of fixes) {
    if (fix.accuracy_m === null) withoutAccuracy += 1;
    else worst_m = Math.max(worst_m ?? 0, fix.accuracy_m);
    if (fix.isAlarm) alarms += 1;
  }
  const silent_us = gaps.reduce((sum, gap) => sum + gap.until_us - gap.from_us, 0);
  return { fixes: fixes.length, withoutAccuracy, worst_m, gaps: gaps.length, silent_us, alarms };
}
