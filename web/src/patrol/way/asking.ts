// When the way is asked for again, and which answer counts.

import type { Wgs84 } from "../../app/api/types";
import type { LiveEvent } from "../../app/api/types.live";
import { isSamePlace } from "./keptWay";

/** After a new way was asked for, so long passes before the next: a phone in a car park would ask for ever. */
export const REROUTE_PAUSE_MS = 15_000;

export interface Question {
  number: number;
  to: Wgs84;
  /** The phone said where it is. */
  isPlaced: boolean;
}

export interface Standing {
  to: Wgs84;
  /** The question whose answer is shown. */
  taken: number;
}

/** Answers overtake each other, and the incident may stand elsewhere by now. */
export function counts(answered: Question, now: Standing): boolean {
  return answered.number > now.taken && isSamePlace(answered.to, now.to);
}

export interface Failed {
  isPlaced: boolean;
  isOffline: boolean;
}

/** Whether a fix is the occasion to ask again after a failure: it is what was missing, or the network may be back. */
export function isAskedAtFix(failed: Failed | null, since_ms: number): boolean {
  if (!failed) return false;
  return !failed.isPlaced || (failed.isOffline && since_ms >= REROUTE_PAUSE_MS);
}

/** After these the old way may be barred, or not the fastest. */
export const changesWays = (kind: LiveEvent["kind"]): boolean =>
  kind === "closure_changed" || kind === "map_replaced";
