// Calls: what they may be another report of.

import type { Wgs84 } from "./types";
import type { Incident, Reason } from "./types.dispatch";

/** As much of a call as is written down. */
export interface AskDuplicates {
  kind: string | null;
  position: Wgs84 | null;
  address: string;
}

/** An open incident that a call, or another incident, may be about. */
export interface Duplicate {
  incident: Incident;
  /** 0 to 1. */
  score: number;
  reasons: Reason[];
}

/** What would have opened an incident, as another report of one that is open. */
export interface JoinReport {
  priority: number;
  kind: string;
  summary: string;
  address: string;
  position: Wgs84 | null;
}
