// Why somebody asks. Given once and kept until the tab closes; sent with every question.

import { needsCase } from "../app/api/client";
import { type Grounds, PURPOSES, type Purpose } from "../app/api/types";

const KEPT = "shouhu.grounds";

export function keptGrounds(): Grounds {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Grounds | null;
    if (kept && PURPOSES.includes(kept.purpose)) return kept;
  } catch {
    // An unreadable memory is no memory.
  }
  return { purpose: "investigation", case_ref: "" };
}

export function keepGrounds(grounds: Grounds): void {
  sessionStorage.setItem(KEPT, JSON.stringify(grounds));
}

/** Where units were: of all purposes, only a life in danger has no time for a number; stricter than for plates. */
export const isFreeForTracks = (purpose: Purpose): boolean => purpose === "life_threat";

export function lacksCase(grounds: Grounds): boolean {
  return needsCase(grounds.purpose) && !grounds.case_ref.trim();
}
