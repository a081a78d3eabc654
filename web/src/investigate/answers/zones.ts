// Theft zones by cell and by period: where vehicles were seen last before the theft, first after it, and last of all.

import type { Camera, Wgs84 } from "../../app/api/types";
import type { TheftZone } from "../../app/api/types.lake";

export const SIDES = ["before", "after", "end"] as const;
/** Which of the three places of a theft is looked at. */
export type Side = (typeof SIDES)[number];

const NUMBER = {
  before: "last_seen_before",
  after: "first_seen_after",
  end: "last_seen_after",
} as const satisfies Record<Side, keyof TheftZone>;

export function vehiclesOf(zone: TheftZone, side: Side): number {
  return zone[NUMBER[side]];
}

export interface Zone extends TheftZone {
  /** The nearest camera's; null where none is near. */
  near: string | null;
}

const DAY_US = 86_400_000_000;
/** A camera farther away than this says nothing about the place. */
const NEAR_M = 2_000;

/** One row per cell: of one period, or of all together; the most vehicles of the side first, then of the others. */
export function zonesOf(items: TheftZone[], period_us: number | null, side: Side): TheftZone[] {
  const sums = new Map<string, TheftZone>();
  for (const item of items) {
    if (period_us !== null && item.period_from_us !== period_us) continue;
    const sum = sums.get(item.cell);
    if (!sum) {
      sums.set(item.cell, { ...item, period_from_us: period_us });
      continue;
    }
    for (const name of Object.values(NUMBER)) sum[name] += item[name];
  }
  const all = (zone: TheftZone) => SIDES.reduce((sum, one) => sum + vehiclesOf(zone, one), 0);
  return [...sums.values()].sort(
    (a, b) => vehiclesOf(b, side) - vehiclesOf(a, side) || all(b) - all(a) || (a.cell < b.cell ? -1 : 1),
  );
}

export interface Period {
  from_us: number;
  vehicles: number;
  /** Of them, those in the chosen cell. */
  here: number;
}

/** Every period between the first and the last theft; those without one too: none is an answer. */
export function trendOf(items: TheftZone[], period_days: number, side: Side, cell: string | null): Period[] {
  const starts = items.flatMap((item) => (item.period_from_us === null ? [] : [item.period_from_us]));
  if (starts.length === 0) return [];
  const length_us = period_days * DAY_US;
  const first = Math.min(...starts);
  const count = Math.round((Math.max(...starts) - first) / length_us) + 1;
  const periods = Array.from({ length: count }, (_, at) => ({
    from_us: first + at * length_us,
    vehicles: 0,
    here: 0,
  }));
  for (const item of items) {
    const period = periods[Math.round(((item.period_from_us ?? first) - first) / length_us)];
    if (!period) continue;
    period.vehicles += vehiclesOf(item, side);
    if (item.cell === cell) period.here += vehiclesOf(item, side);
  }
  return periods;
}

export function totalOf(items: TheftZone[], side: Side): number {
  return items.reduce((sum, item) => sum + vehiclesOf(item, side), 0);
}

/** Cells have no names; the nearest camera's says where one is. */
export function namedZones(zones: TheftZone[], cameras: Camera[]): Zone[] {
  return zones.map((zone) => ({ ...zone, near: zone.position ? nearest(zone.position, cameras) : null }));
}

function nearest(place: Wgs84, cameras: Camera[]): string | null {
  const perLon_m = 111_195 * Math.cos((place.lat * Math.PI) / 180);
  let best: { name: string; away_m: number } | null = null;
  for (const { name, position } of cameras) {
    if (!position) continue;
    const away_m = Math.hypot((position.lon - place.lon) * perLon_m, (position.lat - place.lat) * 111_195);
    if (away_m <= (best?.away_m ?? NEAR_M)) best = { name, away_m };
  }
  return best?.name ?? null;
}

export function zoneName(zone: Zone): string {
  if (zone.near) return zone.near;
  return zone.position ? `${zone.position.lat.toFixed(4)}, ${zone.position.lon.toFixed(4)}` : zone.cell;
}
