// What the live stream carries.

import type { AssignmentState, HitState, Id, IncidentState, Micros, UnitState, Wgs84 } from "./types";
import type { RestrictionReason } from "./types.attestation";
import type { CallState } from "./types.intake";

export interface UnitMoved {
  unit: Id;
  position: Wgs84;
  heading_deg: number | null;
  /** Null: its device did not say. */
  accuracy_m: number | null;
  measured_at_us: Micros;
}

export type LiveEvent =
  | { kind: "sightings_quarantined"; device: Id; count: number }
  | { kind: "watchlist_changed"; version: number }
  | { kind: "hit_raised"; hit: Id; sighting: Id; entry: Id; position: Wgs84 | null }
  | { kind: "hit_decided"; hit: Id; state: HitState }
  | { kind: "hit_not_followed"; hit: Id }
  | { kind: "incident_changed"; incident: Id; state: IncidentState; hit: Id | null }
  | { kind: "assignment_changed"; assignment: Id; incident: Id; unit: Id; state: AssignmentState }
  | { kind: "unit_changed"; unit: Id; state: UnitState }
  | { kind: "units_moved"; units: UnitMoved[] }
  | { kind: "camera_changed"; camera: Id }
  | { kind: "device_changed"; device: Id }
  | { kind: "device_trust_changed"; device: Id; restriction: RestrictionReason | null }
  | { kind: "trust_changed"; session: Id; is_worse: boolean }
  | { kind: "map_replaced"; version: number }
  | { kind: "closure_changed"; closure: Id }
  | { kind: "warning_changed"; warning: Id }
  | { kind: "consent_changed"; consent: Id }
  | { kind: "opening_changed"; opening: Id; is_escalated: boolean }
  | { kind: "patrol_checked_in"; check_in: Id; patrol_box: Id; unit: Id | null }
  | { kind: "tour_plan_changed"; plan: Id }
  | { kind: "panic_changed"; incident: Id; unit: Id }
  | { kind: "call_changed"; call: Id; state: CallState }
  | { kind: "caller_changed"; call: Id; is_place_only: boolean }
  | { kind: "check_changed"; check: Id; unit: Id; incident?: Id | null }
  | {
      kind: "tracker_alarmed";
      tracker: Id;
      unit: Id | null;
      alarm: string;
      position: Wgs84 | null;
      at_us: Micros;
    };

export const LIVE_KINDS: LiveEvent["kind"][] = [
  "sightings_quarantined",
  "watchlist_changed",
  "hit_raised",
  "hit_decided",
  "hit_not_followed",
  "incident_changed",
  "assignment_changed",
  "unit_changed",
  "units_moved",
  "camera_changed",
  "device_changed",
  "device_trust_changed",
  "trust_changed",
  "map_replaced",
  "closure_changed",
  "warning_changed",
  "consent_changed",
  "opening_changed",
  "patrol_checked_in",
  "tour_plan_changed",
  "panic_changed",
  "call_changed",
  "caller_changed",
  "check_changed",
  "tracker_alarmed",
];

export interface Envelope {
  /** Zero for facts that are streamed only. */
  seq: number;
  id: Id;
  at_us: Micros;
  event: LiveEvent;
}
