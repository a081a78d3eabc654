// Mirrors the server's bodies (base/wire, base/events and the operations' own). Hand-written until it is generated
// from /openapi.json; nothing else in the app describes what travels.

/** Microseconds since 1970 UTC. */
export type Micros = number;
export type Id = string;

export interface Wgs84 {
  lon: number;
  lat: number;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface ProblemRow {
  row?: number;
  column?: string;
  value?: string;
  key?: string;
  message?: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  key: string;
  params?: Record<string, string | number>;
  rows?: ProblemRow[];
}

export const ROLES = ["officer", "dispatcher", "detective", "supervisor", "auditor", "operator"] as const;
export type Role = (typeof ROLES)[number];

export interface Me {
  id: Id;
  name: string;
  role: Role;
  unit: Id | null;
  permissions: string[];
  session_expires_at_us: Micros;
}

export interface Invitation {
  actor: Id;
  link: string;
  token: string;
  expires_at_us: Micros;
}

export interface EnrolStart {
  name: string;
  role: Role;
  challenge_id: string;
  options: { publicKey: PublicKeyCredentialCreationOptionsJSON };
}

export interface SignInStart {
  challenge_id: string;
  options: { publicKey: PublicKeyCredentialRequestOptionsJSON };
}

export interface Actor {
  id: Id;
  name: string;
  role: Role;
  unit: Id | null;
  is_disabled: boolean;
  last_seen_at_us: Micros | null;
}

export type DeviceKind = "fixed_camera" | "patrol_car";

export interface Device {
  id: Id;
  name: string;
  kind: DeviceKind;
  camera: Id | null;
  is_enrolled: boolean;
  is_revoked: boolean;
  last_seen_at_us: Micros | null;
  clock_offset_us: number | null;
  queue_depth?: number | null;
}

export interface DeviceInvitation {
  device: Id;
  token: string;
  expires_at_us: Micros;
}

export interface Camera {
  id: Id;
  name: string;
  kind: "fixed" | "patrol";
  position: Wgs84 | null;
  heading_deg: number | null;
  is_active: boolean;
}

export interface Alternative {
  plate: string;
  probability: number;
}

export const VEHICLE_CLASSES = [
  "car",
  "motorcycle",
  "heavy_motorcycle",
  "taxi",
  "rental",
  "electric",
  "large",
  "unknown",
] as const;
export type VehicleClass = (typeof VEHICLE_CLASSES)[number];

export type TravelDirection = "approaching" | "receding" | "left_to_right" | "right_to_left";

export interface Sighting {
  id: Id;
  device: Id;
  sequence: number;
  camera: Id | null;
  place_name: string;
  plate: string;
  plate_display: string;
  form: string | null;
  class: VehicleClass;
  confidence: number;
  alternatives: Alternative[];
  captured_at_us: Micros;
  received_at_us: Micros;
  clock_corrected_us: number;
  position: Wgs84 | null;
  direction: TravelDirection | null;
  speed_kmh: number | null;
  reads: number;
  has_crop: boolean;
  has_frame: boolean;
  model: string;
}

export interface QuarantinedSighting {
  id: Id;
  device: Id;
  device_name: string;
  sequence: number;
  reason: string;
  detail: string;
  received_at_us: Micros;
  plate_text: string;
}

export type EntryAction = "stop" | "observe" | "stop_with_caution";
export const ENTRY_ACTIONS: EntryAction[] = ["stop", "observe", "stop_with_caution"];
export type EntryState = "proposed" | "active" | "expired" | "withdrawn" | "refused";
export const ENTRY_STATES: EntryState[] = ["proposed", "active", "expired", "withdrawn", "refused"];

export interface Entry {
  id: Id;
  pattern: string;
  display: string;
  legal_basis: string;
  owner: string;
  reason: string;
  action: EntryAction;
  vehicle_class: VehicleClass | null;
  vehicle_note: string;
  issuer: string;
  state: EntryState;
  proposed_by: Id;
  proposed_by_name: string;
  approved_by: Id | null;
  approved_by_name: string | null;
  created_at_us: Micros;
  expires_at_us: Micros;
}

export interface ProposeEntry {
  pattern: string;
  legal_basis: string;
  owner: string;
  reason: string;
  action: EntryAction;
  vehicle_class?: VehicleClass;
  vehicle_note?: string;
  expires_at_us: Micros;
}

export interface LegalBasis {
  key: string;
  title_zh: string;
  title_en: string;
  article: string;
  max_days: number;
}

export interface ImportReport {
  import: Id | null;
  dry_run: boolean;
  encoding: string;
  format: string;
  rows: number;
  accepted: number;
  duplicates: number;
  errors: { row: number; column: string; value: string; key: string; message: string }[];
  columns: Record<string, string>;
}

export type HitState = "raised" | "confirmed" | "rejected" | "lapsed";
export type MatchKind = "exact" | "alternative" | "wildcard" | "confusable";
export type Conflict =
  | "class"
  | "issuer"
  | "low_confidence"
  | "device_clock"
  | "old_sighting"
  | "impossible_speed";
export type RejectReason = "misread" | "other_vehicle" | "picture_unclear" | "entry_outdated" | "already_handled";
export const REJECT_REASONS: RejectReason[] = [
  "misread",
  "other_vehicle",
  "picture_unclear",
  "entry_outdated",
  "already_handled",
];

export interface HitEntry {
  id: Id;
  pattern: string;
  legal_basis: string;
  owner: string;
  action: EntryAction;
  vehicle_class: VehicleClass | null;
  vehicle_note: string;
  reason: string;
  expires_at_us: Micros;
}

export interface Hit {
  id: Id;
  state: HitState;
  kind: MatchKind;
  conflicts: Conflict[];
  raised_at_us: Micros;
  entry: HitEntry;
  sighting: Id;
  plate: string;
  plate_display: string;
  confidence: number;
  alternatives: Alternative[];
  captured_at_us: Micros;
  place_name: string;
  position: Wgs84 | null;
  has_crop: boolean;
  has_frame: boolean;
  decided_at_us: Micros | null;
  decided_by: Id | null;
  decided_by_name: string | null;
  reject_reason: RejectReason | null;
  note: string;
  incident: Id | null;
}

export type IncidentState = "open" | "assigned" | "on_scene" | "closed";
export type IncidentOrigin = "call" | "hit" | "officer";
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
  params: Record<string, string | number>;
}

export interface IncidentKind {
  key: string;
  title_zh: string;
  title_en: string;
  priority: number;
}

export type AssignmentStep =
  | { step: "delivered" }
  | { step: "accept" }
  | { step: "decline"; reason: string }
  | { step: "en_route" }
  | { step: "on_scene" }
  | { step: "reply"; text: string }
  | { step: "close"; code: ClosingCode; text: string };

export interface MyAssignment {
  assignment: Assignment;
  incident: Incident;
}

export type UnitState = "off_duty" | "available" | "dispatched" | "en_route" | "on_scene" | "busy";
export type UnitKind = "car" | "motorcycle" | "foot";

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

export interface MapInfo {
  version: number;
  bounds: [number, number, number, number] | null;
  center: [number, number] | Wgs84 | null;
  roads: number;
  attribution: string;
  imported_at_us: Micros | null;
}

export interface MapImported {
  version: number;
  report: Record<string, unknown>;
}

export interface Health {
  modules: { name: string; is_healthy: boolean; detail: string }[];
  version: string;
  uptime_s: number;
}

export interface Job {
  id: Id;
  kind: string;
  state: string;
  attempts: number;
  last_error: string | null;
  run_at_us: Micros;
  created_at_us?: Micros;
}

export interface AuditLine {
  seq: number;
  at_us: Micros;
  actor: Id | null;
  actor_name: string | null;
  action: string;
  class: string;
  purpose: string | null;
  case_ref: string | null;
  object: string | null;
  outcome: string;
  leaf_hash: string;
}

export interface AuditVerdict {
  is_intact: boolean;
  leaves: number;
  root: string;
  first_bad_seq: number | null;
}

export type Purpose = "patrol" | "investigation" | "dispatch" | "traffic" | "audit" | "life_threat";
export const PURPOSES: Purpose[] = ["investigation", "dispatch", "traffic", "patrol", "audit", "life_threat"];

export interface Grounds {
  purpose: Purpose;
  /** Case or 110 number; not needed for patrol and life_threat. */
  case_ref: string;
}

export interface UnitMoved {
  unit: Id;
  position: Wgs84;
  heading_deg: number | null;
  measured_at_us: Micros;
}

export type LiveEvent =
  | { kind: "sightings_quarantined"; device: Id; count: number }
  | { kind: "watchlist_changed"; version: number }
  | { kind: "hit_raised"; hit: Id; sighting: Id; entry: Id; position: Wgs84 | null }
  | { kind: "hit_decided"; hit: Id; state: HitState }
  | { kind: "incident_changed"; incident: Id; state: IncidentState; hit: Id | null }
  | { kind: "assignment_changed"; assignment: Id; incident: Id; unit: Id; state: AssignmentState }
  | { kind: "unit_changed"; unit: Id; state: UnitState }
  | { kind: "units_moved"; units: UnitMoved[] }
  | { kind: "camera_changed"; camera: Id }
  | { kind: "device_changed"; device: Id }
  | { kind: "map_replaced"; version: number };

export const LIVE_KINDS: LiveEvent["kind"][] = [
  "sightings_quarantined",
  "watchlist_changed",
  "hit_raised",
  "hit_decided",
  "incident_changed",
  "assignment_changed",
  "unit_changed",
  "units_moved",
  "camera_changed",
  "device_changed",
  "map_replaced",
];

export interface Envelope {
  /** Zero for facts that are streamed only. */
  seq: number;
  id: Id;
  at_us: Micros;
  event: LiveEvent;
}
