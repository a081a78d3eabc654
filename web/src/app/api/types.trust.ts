// How far sessions are trusted, and why.

import type { Id, Micros, Role } from "./types";

export type TrustVerdict = "allow" | "step_up" | "restrict" | "block";

export type TrustReasonCode =
  | "threat_listed"
  | "told_by_transmitter"
  | "passkey_untouched"
  | "reads_per_hour"
  | "reads_per_minute"
  | "reads_beyond_habit"
  | "address_out_of_listed"
  | "address_between_unlisted"
  | "address_into_listed"
  | "place_jump"
  | "proofs_refused"
  | "verified_long_ago"
  | "session_old"
  | "passkey_unattested"
  | "off_rota";

export interface TrustReason {
  code: TrustReasonCode;
  points: number;
}

export type TrustSignal =
  | "verification"
  | "session_age"
  | "passkey"
  | "address"
  | "threat_list"
  | "rota"
  | "place"
  | "pace_minute"
  | "pace_hour"
  | "habit"
  | "doubts"
  | "told";

export interface TrustWhy {
  /** The heaviest first. */
  reasons: TrustReason[];
  /** What was not known, and so took nothing. */
  unknown: TrustSignal[];
}

export interface MyTrust extends TrustWhy {
  verdict: TrustVerdict;
  since_us: Micros;
  score: number;
  verified_at_us: Micros;
}

export interface SessionTrust {
  session: Id;
  actor: Id;
  name: string;
  role: Role;
  verdict: TrustVerdict;
  /** When the verdict fell. */
  score: number;
  since_us: Micros;
  verified_at_us: Micros | null;
  /** Blocked, and not ended because somebody may need it to help: a person decides. */
  is_held: boolean;
  why: TrustWhy;
}

export interface TrustAlert {
  id: Id;
  session: Id;
  actor: Id;
  name: string;
  at_us: Micros;
  before: TrustVerdict;
  verdict: TrustVerdict;
  score: number;
  why: TrustWhy;
  came_from: string | null;
  has_ended: boolean;
}

export interface TrustState {
  sessions: SessionTrust[];
  alerts: TrustAlert[];
}
