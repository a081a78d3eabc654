// The way that is driven now, on the phone. One at a time: where somebody must go is not kept longer than the job lasts.

import type { Id, Wgs84 } from "../../app/api/types";
import type { MyWay } from "../../app/api/types.way";
import type { Shelf } from "../outbox";
import { forgetTiles } from "./tiles";

const KEPT = "shouhu.my-way";

export interface KeptWay {
  way: MyWay;
  /** Where it leads: the place of an incident is corrected while a crew drives. */
  to: Wgs84;
  language: string;
}

export const isSamePlace = (a: Wgs84, b: Wgs84): boolean => a.lon === b.lon && a.lat === b.lat;

function read(shelf: Shelf): KeptWay | null {
  try {
    const kept = JSON.parse(shelf.getItem(KEPT) ?? "null") as KeptWay | null;
    return kept?.to && Array.isArray(kept.way?.routes) ? kept : null;
  } catch {
    return null;
  }
}

/** None where the job leads elsewhere by now. */
export function keptWay(shelf: Shelf, assignment: Id, to: Wgs84): KeptWay | null {
  const kept = read(shelf);
  return kept?.way.assignment === assignment && isSamePlace(kept.to, to) ? kept : null;
}

export function keepWay(shelf: Shelf, kept: KeptWay): void {
  try {
    shelf.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // A full phone navigates as long as the page is open.
  }
}

/** Forgets the way of a job that is over, and the map along it. */
export function dropWayUnless(shelf: Shelf, live: Id[], forget: () => unknown = forgetTiles): void {
  const raw = shelf.getItem(KEPT);
  if (raw === null || raw === "null") return;
  const kept = read(shelf);
  if (kept && live.includes(kept.way.assignment)) return;
  shelf.setItem(KEPT, "null");
  forget();
}
