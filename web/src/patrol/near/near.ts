// What is asked of the server about boxes around, and what the answer offers to narrow it by.

import type { Wgs84 } from "../../app/api/types";
import type { NearBox } from "../../app/api/types.patrol";

/** A hundred metres: who walks on does not ask at each step, and the server learns no more than it needs. */
const GRID_DEG = 0.001;

const onGrid = (degrees: number) => Number((Math.round(degrees / GRID_DEG) * GRID_DEG).toFixed(3));

/** The place that is asked about: here, to about a hundred metres. */
export const asked = (here: Wgs84): Wgs84 => ({ lon: onGrid(here.lon), lat: onGrid(here.lat) });

/** All of them first, then by name; the chosen one stays though none of its boxes is near any more. */
export function stationsOf(items: NearBox[], chosen: string): string[] {
  const named = new Set(items.map((near) => near.box.station).filter(Boolean));
  if (chosen) named.add(chosen);
  return ["", ...[...named].sort((a, b) => a.localeCompare(b, "zh-Hant"))];
}

/** After another look; undefined before the first. Between houses a phone may find nothing, and the last place is better than none. */
export const placeAfter = (before: Wgs84 | null | undefined, found: Wgs84 | null): Wgs84 | null =>
  found ?? before ?? null;
