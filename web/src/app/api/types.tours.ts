// Planned tours 巡邏路線, as the pages read them; schema.check.ts holds them against the server's schema.

import type { Id, Micros, Wgs84 } from "./types";

export const PLAN_STATES = ["proposed", "published", "discarded", "withdrawn", "replaced"] as const;
export type PlanState = (typeof PLAN_STATES)[number];
export type PlaceKind = "hot_spot" | "explore" | "box";
export type StopState = "planned" | "done" | "skipped";

/** What a crew may say; the server derives three more. */
export const GIVEN_REASONS = ["busy", "no_access", "road_closed", "unsafe", "other"] as const;
export type GivenReason = (typeof GIVEN_REASONS)[number];
export type SkipReason = GivenReason | "task_no_time" | "task_too_soon" | "shift_over";

/** Of all that citizens are expected to report on the planned ground in a week; shares are 0 to 1. */
export interface Expected {
  share: number;
  low: number;
  high: number;
  reports: number;
  is_thin: boolean;
}

export interface TourPlace {
  key: string;
  kind: PlaceKind;
  box: Id | null;
  number: string;
  name: string;
  area: string;
  position: Wgs84;
  expected: Expected | null;
  due: { overdue_h: number; every_h: number; is_never: boolean } | null;
}

export interface Why {
  key: string;
  params: Record<string, number>;
}

export interface Progress {
  state: StopState;
  reason: SkipReason | null;
  at_us: Micros | null;
  by_name: string | null;
  expected_arrive_us: Micros;
  expected_leave_us: Micros;
}

export interface TourStop {
  seq: number;
  place: TourPlace;
  visit: number;
  arrive_us: Micros;
  leave_us: Micros;
  drive_s: number;
  home_s: number;
  why: Why[];
  progress: Progress;
}

export interface UnitTour {
  unit: Id;
  call_sign: string;
  stops: TourStop[];
  back_at_us: Micros;
  standing_s: number;
  driving_s: number;
  waiting_s: number;
  spare_s: number;
  standing_share: number;
}

export interface LeftOut {
  place: TourPlace;
  why: Why;
  unit: Id | null;
}

export interface AreaShare {
  area: string;
  visits: number;
  standing_s: number;
  standing_share: number;
  expected_share: number;
}

/** Why what is left of a plan was planned anew: a crew was called away. */
export interface Retask {
  unit: Id;
  call_sign: string;
  incident_number: string;
  at_us: Micros;
  /** Stops that this crew had not made. */
  open_stops: number;
}

export interface TourPlan {
  id: Id;
  state: PlanState;
  station: string;
  from_us: Micros;
  to_us: Micros;
  created_at_us: Micros;
  created_by_name: string;
  decided_at_us: Micros | null;
  decided_by_name: string | null;
  reason: string | null;
  retask: Retask | null;
  replaces: Id | null;
  terms: {
    days: number;
    kinds: string[];
    unpredictability: number;
    standing_share_max: number;
    seed: number;
  };
  base: Wgs84;
  is_by_road: boolean;
  is_cut: boolean;
  took_ms: number;
  reports: { counted: number; left_out: number; as_of_us: Micros };
  standing_cap_s: number;
  boxes_due: number;
  boxes_planned: number;
  share_covered: number;
  share_known: number;
  tours: UnitTour[];
  left_out: LeftOut[];
  left_out_count: number;
  areas: AreaShare[];
}

export interface TourPlanLine {
  id: Id;
  state: PlanState;
  station: string;
  from_us: Micros;
  to_us: Micros;
  created_at_us: Micros;
  created_by_name: string;
  call_signs: string[];
  stops: number;
  retask: Retask | null;
}

export interface AskTours {
  from_us: Micros;
  to_us: Micros;
  station?: string;
  units: Id[];
  days?: number;
  base?: Wgs84;
  unpredictability?: number;
  standing_share_max?: number;
  seed?: number;
  replaces?: Id;
}

export interface CrewTour {
  plan: Id;
  unit: Id;
  call_sign: string;
  station: string;
  from_us: Micros;
  to_us: Micros;
  base: Wgs84;
  back_at_us: Micros;
  /** Number of the incident that holds the crew now. */
  paused_for: string | null;
  delay_s: number;
  retask: Retask | null;
  stops: TourStop[];
}

export interface MyTour {
  tour: CrewTour | null;
}

export interface MarkStop {
  plan: Id;
  seq: number;
  outcome: "done" | "skipped" | "planned";
  reason?: GivenReason;
  at_us: Micros;
}

export interface Tally {
  stops: number;
  done: number;
  skipped: number;
  planned: number;
}

export interface UnitWork extends Tally {
  unit: Id;
  call_sign: string;
  shifts: number;
  standing_s: number;
  driving_s: number;
  /** Of the planned standing, that at stops which were made. */
  stood_s: number;
  jobs: number;
  on_jobs_s: number;
  called_away: number;
}

export interface Retasked {
  at_us: Micros;
  call_sign: string;
  incident_number: string;
  open_stops: number;
  stops: number;
}

export interface PlaceWork extends Tally {
  key: string;
  kind: PlaceKind;
  number: string;
  name: string;
  area: string;
  position: Wgs84;
  hour_entropy: number | null;
}

export interface TourReport extends Tally {
  from_us: Micros;
  to_us: Micros;
  plans: number;
  is_cut: boolean;
  units: UnitWork[];
  places: PlaceWork[];
  skipped_for: { reason: SkipReason; count: number }[];
  retasked: Retasked[];
  hits: { reports: number; hits: number; expected: number };
  hour_entropy: number | null;
}
