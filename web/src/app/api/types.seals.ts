// Sealed cases: what only their members may see.

import type { Id, Micros, Role } from "./types";

export type SealState = "asked" | "in_force" | "refused" | "lifted" | "ended";

export interface SealMember {
  actor: Id;
  name: string;
}

/** What is sealed, for those who know it. */
export interface SealContent {
  case_ref: string;
  plates: string[];
  members: SealMember[];
  reason: string;
  asked_by_name: string;
  decider_name: string;
  decided_note: string;
  extended_by_name: string | null;
  lift_asked_by_name: string | null;
  lift_reason: string | null;
  lifted_by_name: string | null;
}

export interface Seal {
  id: Id;
  state: SealState;
  asked_office: string;
  decider_office: string;
  asked_at_us: Micros;
  decided_at_us: Micros | null;
  ends_at_us: Micros;
  extended_at_us: Micros | null;
  lifted_at_us: Micros | null;
  is_lift_asked: boolean;
  plates_sealed: number;
  members_named: number;
  content: SealContent | null;
  is_mine_to_decide: boolean;
}

export interface SealCandidate {
  actor: Id;
  name: string;
  role: Role;
  office: string | null;
  may_decide: boolean;
}

export interface AskSeal {
  case_ref: string;
  plates: string[];
  members: Id[];
  decider: Id;
  reason: string;
  until_us: Micros;
}
