// Hours and days as charts need them. Days are Taipei's.

import type { Count, Leg } from "../../app/api/types.lake";

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
/** Taiwan has kept UTC+8 without summer time since 1980. */
const ZONE_US = 8 * HOUR_US;

export interface HeatDay {
  /** `11-21`. */
  label: string;
  day_us: number;
  isWeekend: boolean;
  /** 24 numbers; null where nothing was asked. */
  hours: (number | null)[];
}

/** Every hour of every day in the window, the ones without rows too: no passages is an answer. */
export function heatDays(counts: Count[], from_us: number, until_us: number): HeatDay[] {
  const byHour = new Map<number, number>();
  for (const { hour_us, sightings } of counts) {
    if (hour_us === null) continue;
    byHour.set(hour_us, (byHour.get(hour_us) ?? 0) + sightings);
  }
  const first = Math.floor((from_us + ZONE_US) / DAY_US);
  const last = Math.floor((until_us - 1 + ZONE_US) / DAY_US);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => {
    const day_us = (first + at) * DAY_US - ZONE_US;
    const local = new Date((day_us + ZONE_US) / 1000);
    return {
      label: local.toISOString().slice(5, 10),
      day_us,
      isWeekend: [0, 6].includes(local.getUTCDay()),
      hours: Array.from({ length: 24 }, (_, hour) => {
        const hour_us = day_us + hour * HOUR_US;
        const isAsked = hour_us + HOUR_US > from_us && hour_us < until_us;
        return byHour.get(hour_us) ?? (isAsked ? 0 : null);
      }),
    };
  });
}

/** Sums of the same hour over all days, for the trend by hour. */
export function hourSums(days: HeatDay[]): number[] {
  return Array.from({ length: 24 }, (_, hour) => days.reduce((sum, day) => sum + (day.hours[hour] ?? 0), 0));
}

/** One row per camera or cell, the busiest first. */
export function byPlace(counts: Count[]): Count[] {
  const sums = new Map<string, Count>();
  for (const count of counts) {
    const key = count.camera ?? count.cell ?? `${count.position?.lon},${count.position?.lat}`;
    const before = sums.get(key);
    if (before) before.sightings += count.sightings;
    else sums.set(key, { ...count, hour_us: null });
  }
  return [...sums.values()].sort((a, b) => b.sightings - a.sightings);
}

export interface Tick {
  at_us: number;
  label: string;
}

const STEPS_US = [1, 2, 3, 6, 12, 24, 48, 96, 168].map((hours) => hours * HOUR_US);

/** About `wanted` round times between the two, labelled with the day where the day changes. */
export function ticks(from_us: number, until_us: number, wanted: number): Tick[] {
  const span = Math.max(until_us - from_us, 1);
  const step = STEPS_US.find((one) => span / one <= wanted) ?? 28 * DAY_US;
  const found: Tick[] = [];
  for (let local = Math.ceil((from_us + ZONE_US) / step) * step; local - ZONE_US <= until_us; local += step) {
    const text = new Date(local / 1000).toISOString();
    const isDay = local % DAY_US === 0;
    found.push({ at_us: local - ZONE_US, label: isDay ? text.slice(5, 10) : text.slice(11, 16) });
  }
  return found;
}

export interface TravelSummary {
  passages: number;
  distance_m: number;
  gaps: number;
  impossible: number;
  cameras: number;
}

export function travelOf(legs: Leg[]): TravelSummary {
  return {
    passages: legs.length,
    distance_m: legs.reduce((sum, leg) => sum + (leg.distance_m ?? 0), 0),
    gaps: legs.filter((leg) => leg.is_gap).length,
    impossible: legs.filter((leg) => leg.doubt !== null).length,
    cameras: new Set(legs.map((leg) => leg.camera ?? leg.place_name)).size,
  };
}
