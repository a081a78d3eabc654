// Calls, incidents, units and assignments.

import type { Id, Micros, Wgs84 } from "./types";
import type { Declining } from "./types.reasons";

export type IncidentState = "open" | "assigned" | "on_scene" | "closed" | "merged";
export type IncidentOrigin = "call" | "hit" | "officer" | "partner";
/** What a person opens without a hit: a citizen's call, or what an officer found. */
export type OpenedByHand = "call" | "officer";
export const OPENED_BY_HAND: OpenedByHand[] = ["call", "officer"];
export type ClosingCode = "handled" | "nothing_found" | "handed_over" | "unfounded" | "cancelled";
export const CLOSING_CODES: ClosingCode[] = [
  "handled",
  "nothing_found",
  "handed_over",
  "unfounded",
  "cancelled",
];

export type AssignmentState =
  | "offered"
  | "accepted"
  | "en_route"
  | "on_scene"
  | "closed"
  | "declined"
  | "cancelled";

export interface AssignmentReply {
  at_us: Micros;
  by: Id;
  text: string;
}

export interface Assignment {
  id: Id;
  incident: Id;
  incident_number: string;
  unit: Id;
  call_sign: string;
  state: AssignmentState;
  offered_at_us: Micros;
  offered_by: Id;
  delivered_at_us: Micros | null;
  accepted_at_us: Micros | null;
  en_route_at_us: Micros | null;
  on_scene_at_us: Micros | null;
  closed_at_us: Micros | null;
  closing_code: ClosingCode | null;
  replies: AssignmentReply[];
  reasons: string[];
}

export interface Incident {
  id: Id;
  number: string;
  origin: IncidentOrigin;
  state: IncidentState;
  priority: number;
  kind: string;
  summary: string;
  address: string;
  position: Wgs84 | null;
  hit: Id | null;
  opened_at_us: Micros;
  closed_at_us: Micros | null;
  closing_code: ClosingCode | null;
  /** The incident that this one is another report of, while it is merged. */
  merged_into: Id | null;
  assignments: Assignment[];
}

export interface OpenIncident {
  origin: IncidentOrigin;
  priority: number;
  kind: string;
  summary: string;
  address?: string;
  position?: Wgs84 | null;
  hit?: Id | null;
}

export interface IncidentLogLine {
  at_us: Micros;
  by_name: string;
  key: string;
  params: Record<string, unknown>;
}

export interface IncidentKind {
  key: string;
  title_zh: string;
  title_en: string;
  priority: number;
  /** Other names that people type. */
  aliases?: string[];
  active_from_us?: Micros | null;
  /** Not for new incidents. */
  retired?: boolean;
}

export type AssignmentStep =
  | { step: "delivered" }
  | { step: "accept" }
  | { step: "decline"; reason: string; code: Declining }
  | { step: "en_route" }
  | { step: "on_scene" }
  | { step: "reply"; text: string }
  | { step: "close"; code: ClosingCode; text: string };

export interface MyAssignment {
  assignment: Assignment;
  incident: Incident;
}

export type UnitState = "off_duty" | "available" | "dispatched" | "en_route" | "on_scene" | "busy";
export const UNIT_KINDS = ["car", "motorcycle", "foot"] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

export interface Unit {
  id: Id;
  call_sign: string;
  kind: UnitKind;
  state: UnitState;
  position: Wgs84 | null;
  position_at_us: Micros | null;
  accuracy_m: number | null;
  heading_deg: number | null;
  assignment: Id | null;
}

export interface ReportPosition {
  position: Wgs84;
  measured_at_us: Micros;
  accuracy_m?: number | null;
  heading_deg?: number | null;
}

export interface Reason {
  key: string;
  is_for: boolean;
  value: number | null;
}

export interface Recommendation {
  unit: Unit;
  rank: number | null;
  distance_m: number | null;
  eta_s: number | null;
  is_by_road: boolean;
  reasons: Reason[];
}

/** The question of a ring 攔截圍捕: it may be asked again and again, and changes nothing. */
export interface AskRing {
  seen_at_us: Micros;
  /** Null: the incident's place. */
  position: Wgs84 | null;
  horizon_s: number;
  setup_s?: number | null;
}

export type RingOutcome = "closed" | "open" | "no_way_out";
export type RingLeakWhy = "too_late" | "nobody_left" | "no_unit";

/** A unit holds a junction. Seconds count from `asked_at_us`, and the drive from the moment the unit is sent. */
export interface RingOrder {
  unit: Id;
  call_sign: string;
  position: Wgs84;
  /** Empty where no street has a name. */
  street: string;
  drive_s: number;
  /** His earliest arrival. */
  suspect_s: number;
  slack_s: number;
  /** It had this order before. */
  is_kept: boolean;
  /** A road leaves the imported map here: it counts as a way out. */
  is_map_exit: boolean;
  /** It holds an assignment of this incident already. */
  is_sent: boolean;
}

/** A junction that nobody holds in time. */
export interface RingLeak {
  position: Wgs84;
  street: string;
  suspect_s: number;
  why: RingLeakWhy;
  late_by_s: number | null;
  is_map_exit: boolean;
}

export interface RingReason {
  key: string;
  params: Record<string, number>;
}

export interface RingVerdict {
  unit: Id;
  call_sign: string;
  reasons: RingReason[];
}

export interface RingPlan {
  seen_at_us: Micros;
  position: Wgs84;
  asked_at_us: Micros;
  outcome: RingOutcome;
  /** As asked, or nearer where the map ends before it. */
  horizon_s: number;
  /** Above 0 only when open. */
  units_short: number;
  /** False: a smaller ring may exist. */
  is_proven: boolean;
  closed_after_s: number | null;
  radius_s: number | null;
  orders: RingOrder[];
  leaks: RingLeak[];
  /** His fastest way out past the orders; empty when closed. */
  escape: Wgs84[];
  /** It ends where a road leaves the imported map. */
  escape_leaves_map: boolean;
  verdicts: RingVerdict[];
}

/** One crew's junction, as a person tells it. */
export interface RingHold {
  unit: Id;
  position: Wgs84;
  street: string;
  /** He cannot be there before. */
  by_us: Micros;
  is_map_exit: boolean;
}

export interface TellRing {
  asked_at_us: Micros;
  seen_at_us: Micros;
  seen: Wgs84;
  posts: RingHold[];
}

export interface MyHold {
  incident: Id;
  position: Wgs84;
  street: string;
  by_us: Micros;
  is_map_exit: boolean;
  seen_at_us: Micros;
  seen: Wgs84;
  told_at_us: Micros;
  /** A later ring names other crews. */
  is_superseded: boolean;
}
