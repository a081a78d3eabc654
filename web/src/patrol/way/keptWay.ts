// The way that is driven now, on the phone. One at a time: where somebody must go is not kept longer than the job lasts.

import type { Id } from "../../app/api/types";
import type { MyWay } from "../../app/api/types.way";
import type { Shelf } from "../outbox";

const KEPT = "shouhu.my-way";

export interface KeptWay {
  way: MyWay;
  language: string;
}

export function keptWay(shelf: Shelf, assignment: Id): KeptWay | null {
  try {
    const kept = JSON.parse(shelf.getItem(KEPT) ?? "null") as KeptWay | null;
    return kept?.way?.assignment === assignment && Array.isArray(kept.way.routes) ? kept : null;
  } catch {
    return null;
  }
}

export function keepWay(shelf: Shelf, kept: KeptWay): void {
  try {
    shelf.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // A full phone navigates as long as the page is open.
  }
}

/** Forgets the way of a job that is over. */
export function dropWayUnless(shelf: Shelf, live: Id[]): void {
  if (shelf.getItem(KEPT) !== null && !live.some((id) => keptWay(shelf, id))) shelf.setItem(KEPT, "null");
}
