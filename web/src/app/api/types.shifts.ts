// Safety checks, run cards, rosters, interval reports and the replay of an incident; mirrors domains/dispatch/src
// (checks, cards, roster, intervals, replay).

import type { Id, Incident, IncidentLogLine, Micros, UnitKind, UnitState, Wgs84 } from "./types";
import type { Advised } from "./types.choice";

export type CheckKind = "par" | "still" | "silent";
export type CheckState = "asked" | "overdue" | "safe" | "help" | "acted" | "dealt";

export interface Check {
  id: Id;
  unit: Id;
  call_sign: string;
  /** Null on patrol. */
  incident: Id | null;
  incident_number: string | null;
  kind: CheckKind;
  priority: number;
  state: CheckState;
  asked_at_us: Micros;
  due_at_us: Micros;
  /** Null: the clock asked. */
  asked_by: string | null;
  /** May be after the time was over. */
  answered_at_us: Micros | null;
  answered_by: string | null;
  ended_at_us: Micros | null;
  ended_by: string | null;
  reason: string | null;
}

export type CrewSays = "safe" | "help";

export interface AnswerCheck {
  says: CrewSays;
  said_at_us: Micros;
}

export interface ParStatus {
  is_on: boolean;
  is_by_policy: boolean;
  every_s: number;
  crews: {
    unit: Id;
    call_sign: string;
    on_scene_at_us: Micros;
    sign_at_us: Micros | null;
    next_at_us: Micros | null;
    check: Id | null;
    check_state: CheckState | null;
  }[];
}

/** A part of the dispatch policy. */
export interface SafetyChecks {
  par_priority_max: number;
  par_every_s: number;
  answer_within_s: number;
  watches_en_route: boolean;
  still_m: number;
  still_for_s: number;
  silent_for_s: number;
  watches_patrol: boolean;
  patrol_still_for_s: number;
}

export interface CardAsk {
  count: number;
  unit_kind: UnitKind | null;
  skills: string[];
}

export interface CardLevel {
  asks: CardAsk[];
}

export interface RunCards {
  /** Levels 1 to 3 by incident kind. */
  cards: Record<string, CardLevel[]>;
}

export interface WriteCards extends RunCards {
  /** The version that was read before it was changed. */
  base_version: number;
}

export interface SetCards extends RunCards {
  version: number;
  set_at_us: Micros | null;
  set_by: string | null;
}

export interface CardStatus {
  level: number;
  /** 0: this kind has no card. */
  levels: number;
  set_at_us: Micros | null;
  set_by: string | null;
  asks: (CardAsk & { filled_by: string[]; missing: number })[];
  beyond: string[];
  /** Best first. */
  offers: { ask: number; advised: Advised }[];
}

export interface Shift {
  id: Id;
  unit: Id;
  call_sign: string;
  name: string;
  from_us: Micros;
  until_us: Micros;
  /** Null: has not joined the unit yet. */
  joined_at_us: Micros | null;
}

export interface WriteShift {
  unit: Id;
  name: string;
  from_us: Micros;
  until_us: Micros;
}

export interface ShiftImport {
  dry_run: boolean;
  encoding: string;
  rows: number;
  /** None is taken while there is an error. */
  accepted: number;
  unchanged: number;
  errors: { row: number; column: string; value: string; key: string; message: string }[];
  /** Wrong rows beyond those. */
  more_errors: number;
  columns: Record<string, string>;
}

export interface ShiftBoard {
  at_us: Micros;
  crews: {
    unit: Id;
    call_sign: string;
    state: UnitState;
    on: Shift[];
    next: Shift | null;
    /** Its shift is over, and the unit has not gone off duty. */
    past_end: Shift[];
  }[];
}

export interface Spread {
  n: number;
  /** Null: too few to say. */
  p50_s: number | null;
  p90_s: number | null;
  p95_s: number | null;
}

export const LINKS = [
  "call_to_sent",
  "sent_to_under_way",
  "under_way_to_on_scene",
  "call_to_on_scene",
  "on_scene_to_cleared",
] as const;
export type Link = (typeof LINKS)[number];

export type IntervalRow = Record<Link, Spread> & {
  /** First day of the period in Taipei, `2026-11-16`. */
  period: string;
  /** Null where the report is not divided, or the district is not known. */
  group: string | null;
  incidents: number;
};

export type Period = "day" | "week" | "month";
export type Division = "none" | "kind" | "priority" | "district";

export interface IntervalReport {
  from_us: Micros;
  until_us: Micros;
  period: Period;
  division: Division;
  /** Below this nothing is said of a link. */
  few: number;
  items: IntervalRow[];
  is_cut: boolean;
}

export interface ReplayUnit {
  unit: Id;
  call_sign: string;
  /** From the order until it ended. */
  from_us: Micros;
  until_us: Micros;
  fixes: { at_us: Micros; position: Wgs84; accuracy_m: number | null }[];
  /** More fixes than one answer has: the rest is left out. */
  is_cut: boolean;
}

export interface ReplayLine extends IncidentLogLine {
  /** The number under which it was written, where that is a report's. */
  report: string | null;
}

export interface Replay {
  incident: Incident;
  /** What is merged into it, the oldest first. */
  reports: Incident[];
  from_us: Micros;
  until_us: Micros;
  /** Its own and those of its reports, in the order of time. */
  log: ReplayLine[];
  units: ReplayUnit[];
  /** False: no room of this house keeps tracks. */
  has_tracks: boolean;
}

export interface Percentiles {
  /** Null when nothing was measured. */
  p50: number | null;
  p95: number | null;
  n: number;
}

/** How long each link of the chain from a camera's frame to the scene took. */
export interface Kpis {
  read_to_hit_ms: Percentiles;
  hit_to_confirmed_s: Percentiles;
  confirmed_to_dispatched_s: Percentiles;
  dispatched_to_arrived_s: Percentiles;
}
