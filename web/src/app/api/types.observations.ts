// Consents to put movements of plates together, openings for a life in danger, and the bound that both go beyond.

import type { Id, Micros } from "./types";

export interface BoundUse {
  plate_display: string;
  case_ref?: string | null;
  case_days: number;
  case_points: number;
  own_days: number;
  own_points: number;
  days_max: number;
  points_max: number;
  ask_at: string;
}

export interface BoundSettings {
  days_max: number;
  points_max: number;
}

export interface MovementBound extends BoundSettings {
  set_at_us: Micros | null;
  set_by_name: string | null;
}

export type ConsentState = "asked" | "given" | "refused" | "withdrawn";
export type ExtensionState = "none" | "asked" | "given" | "refused";
export const BASES = ["serious_offence", "organised_offence"] as const;
export type ObservationBasis = (typeof BASES)[number];

export interface AskObservation {
  plates: string[];
  case_ref: string;
  basis: ObservationBasis;
  reason: string;
  from_us: Micros;
  until_us: Micros;
  cameras: Id[];
  term_days: number;
}

export interface Extension {
  days: number;
  reason: string;
  asked_by: Id | null;
  asked_by_name: string;
  decided_by_name: string | null;
  decided_office: string | null;
  note: string | null;
}

export interface Observation {
  id: Id;
  state: ConsentState;
  is_running: boolean;
  case_ref: string;
  plates: string[];
  cameras: Id[];
  basis: ObservationBasis;
  reason: string;
  from_us: Micros;
  until_us: Micros;
  term_days: number;
  asked_at_us: Micros;
  asked_by: Id;
  asked_by_name: string;
  asked_office: string;
  decided_at_us: Micros | null;
  decided_by_name: string | null;
  decided_office: string | null;
  decided_note: string | null;
  ends_at_us: Micros | null;
  extension: ExtensionState;
  extended: Extension;
  withdrawn_at_us: Micros | null;
  withdrawn_by_name: string | null;
  withdrawn_note: string | null;
}

/** What one person was shown of one day's passages; days since 1970 in Taipei. */
export interface ReleasedUnder {
  asker: Id;
  day: number;
  points: number;
}

export interface PlateOpening {
  id: Id;
  plate_display: string;
  case_ref: string;
  priority: number;
  opened_at_us: Micros;
  opened_by: Id;
  opened_by_name: string;
  ends_at_us: Micros;
  is_running: boolean;
  review_due_at_us: Micros;
  finding: Finding | null;
  reviewed_at_us: Micros | null;
  reviewed_by_name: string | null;
  review_note: string | null;
  escalated_at_us: Micros | null;
}

export type Finding = "justified" | "not_justified";
export type OpeningShown = PlateOpening & { released: ReleasedUnder[] };
export type ObservationShown = Observation & { released: ReleasedUnder[] };
export type Which = "waiting" | "mine" | "running";
