// Whom to send and why, what could be bettered, the rules a supervisor sets for it, and panic 緊急求援.

import type { Id, Micros, Recommendation, Wgs84 } from "./types";
import type { SafetyChecks } from "./types.shifts";

export const POLICIES = ["nearest_by_air", "nearest_by_road", "nearest_with_rest", "coverage_aware"] as const;
export type Policy = (typeof POLICIES)[number];

export const SKILLS = [
  "crash_kit",
  "female_officer",
  "negotiator",
  "english",
  "armour",
  "breath_test",
  "drone",
  "supervisor",
] as const;

/** The job that a unit would be taken from. */
export interface TakesFrom {
  assignment: Id;
  incident: Id;
  incident_number: string;
  priority: number;
}

export interface Advised extends Recommendation {
  takes_from: TakesFrom | null;
}

export interface Proposal {
  policy: Policy;
  /** The policy that is set, where it could not be used because no demand is known yet. */
  fell_back_from: Policy | null;
  /** Its unit may be busy: then its item says what it would be taken from. */
  chosen: Id | null;
  /** Those that could go, in the policy's order, then the others. */
  items: Advised[];
}

export interface Handover {
  incident: Id;
  incident_number: string;
  /** An assignment. */
  from: Id;
  from_call_sign: string;
  /** A unit. */
  to: Id;
  to_call_sign: string;
  remaining_s: number;
  arrives_in_s: number;
  saves_s: number;
}

/** An open incident without a unit. */
export interface Waiting {
  incident: Id;
  number: string;
  priority: number;
  waited_s: number;
  /** How many more pressing ones it stands before because it waited. */
  overtakes: number;
}

export interface CoverCell {
  position: Wgs84;
  /** Of the whole demand. */
  share: number;
  /** Idle units in reach. */
  units: number;
}

export interface Cover {
  /** 0..1 of the demand is reached in time by an idle unit. */
  expected_share: number;
  threshold_s: number;
  busy_share: number;
  idle_units: number;
  cells: CoverCell[];
}

export interface Move {
  unit: Id;
  call_sign: string;
  position: Wgs84;
  drive_s: number;
  gain_share: number;
}

export interface AdviceBoard {
  at_us: Micros;
  handovers: Handover[];
  /** In the order in which they should be served. */
  waiting: Waiting[];
  cover: Cover | null;
  why_no_cover: "no_map" | "few_incidents" | "no_idle_unit" | null;
  moves: Move[];
}

/** What a supervisor sets. */
export interface SetPolicy {
  policy: Policy;
  stale_after_s: number;
  preemption: { is_on: boolean; levels_min: number; saves_min_s: number; times_max: number };
  rest: { duty_max_s: number; rest_min_s: number; slower_max_s: number };
  coverage: { s_per_percent: number; slower_max_s: number; threshold_s: number; busy_share: number };
  handover_saves_min_s: number;
  ageing_step_s: number;
  /** Skills by incident kind. */
  needs: Record<string, string[]>;
  /** Absent from a server that asks no crew whether it is well. */
  checks: SafetyChecks;
}

export interface DispatchPolicy extends SetPolicy {
  /** Null: never changed. */
  set_at_us: Micros | null;
  set_by: string | null;
}

export interface UnitSkills {
  unit: Id;
  skills: string[];
}

export type PanicState = "raised" | "acknowledged" | "cancelled" | "over";

export interface Panic {
  incident: Id;
  incident_number: string;
  unit: Id;
  call_sign: string;
  position: Wgs84 | null;
  position_at_us: Micros | null;
  raised_at_us: Micros;
  /** Cancelled: its crew says that it is safe; only a dispatcher ends it. */
  state: PanicState;
  acknowledged_by: string | null;
}

export interface RaisePanic {
  position?: Wgs84;
  measured_at_us?: Micros;
  accuracy_m?: number;
}
