// Mirrors the server's bodies (base/wire, base/events and the operations' own), with the words that the app uses; schema.check.ts
// holds them against the server's generated description. Nothing else in the app describes what travels.

import type { Attestation, SenderRestriction } from "./types.attestation";
import type { BoundUse } from "./types.observations";

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
  retry_after_s?: number;
  /** How much of the bound is used, where that is why an answer was refused. */
  bound?: BoundUse;
}

export const ROLES = [
  "officer",
  "dispatcher",
  "detective",
  "supervisor",
  "auditor",
  "operator",
  "inspector",
] as const;
export type Role = (typeof ROLES)[number];

export interface Me {
  id: Id;
  name: string;
  role: Role;
  unit: Id | null;
  /** In which the person serves; consents are decided by another one. */
  office?: string | null;
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
  /** Only a key that proves to be of one of these will do; none: of any. */
  models: string[];
  may_be_synced: boolean;
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
  office?: string | null;
  is_disabled: boolean;
  last_seen_at_us: Micros | null;
  passkeys: PersonKey[];
}

export interface PersonKey {
  aaguid: string | null;
  /** What the force calls the model. */
  model: string | null;
  is_attested: boolean;
  /** Null until a key from before the question signs in. */
  is_synced: boolean | null;
  made_at_us: Micros;
  used_at_us: Micros | null;
  meets_rule: boolean;
  opens_until_us: Micros | null;
}

export type DeviceKind = "fixed_camera" | "patrol_car" | "partner";

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
  attestation: Attestation;
  is_attestation_required: boolean;
  restriction: SenderRestriction | null;
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
  /** Whose camera it is; rules of the force may compare it with the office of whoever looks. */
  office?: string | null;
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

export const VEHICLE_KINDS = ["car", "motorcycle", "bus", "truck", "bicycle"] as const;
export type VehicleKind = (typeof VEHICLE_KINDS)[number];
export const VEHICLE_COLOURS = ["white", "grey", "black", "red", "blue", "green", "yellow", "brown"] as const;
export type VehicleColour = (typeof VEHICLE_COLOURS)[number];
/** Ground and characters. */
export type PlateColour =
  | "white_black"
  | "white_red"
  | "white_green"
  | "green_white"
  | "red_white"
  | "yellow_black";

/** What a picture shows of a vehicle; what is absent was not sure. */
export interface SeenVehicle {
  kind?: VehicleKind | null;
  colour?: VehicleColour | null;
  plate_colour?: PlateColour | null;
}

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
  seen?: SeenVehicle;
  reads: number;
  has_crop: boolean;
  has_frame: boolean;
  model: string;
}

export interface QuarantinedSighting {
  id: Id;
  device: Id;
  device_name: string;
  sequence: number | null;
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
  vehicle_colour?: VehicleColour | null;
  vehicle_note: string;
  issuer: string;
  state: EntryState;
  /** The import that proposed it, with others. */
  import?: Id | null;
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
  vehicle_colour?: VehicleColour;
  vehicle_note?: string;
  expires_at_us: Micros;
}

export interface LegalBasis {
  key: string;
  title_zh: string;
  title_en: string;
  article: string;
  max_days: number;
  default_action?: EntryAction;
  /** Only `observe` is lawful, and the reason must quote the written consent. */
  is_observation?: boolean;
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
  | "colour"
  | "kind"
  | "plate_of_other_kind"
  | "issuer"
  | "low_confidence"
  | "device_clock"
  | "old_sighting"
  | "impossible_speed"
  | "sender_restricted";
export type RejectReason =
  | "misread"
  | "other_vehicle"
  | "picture_unclear"
  | "entry_outdated"
  | "already_handled";
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
  vehicle_colour?: VehicleColour | null;
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
  seen?: SeenVehicle;
  has_crop: boolean;
  has_frame: boolean;
  decided_at_us: Micros | null;
  decided_by: Id | null;
  decided_by_name: string | null;
  reject_reason: RejectReason | null;
  note: string;
  /** Why it is not followed although it was confirmed: a `NotFollowed`, or `not_answered`. */
  not_followed: string | null;
  incident: Id | null;
}

export type Purpose = "patrol" | "investigation" | "dispatch" | "traffic" | "audit" | "life_threat";
export const PURPOSES: Purpose[] = ["patrol", "investigation", "dispatch", "traffic", "audit", "life_threat"];

export interface Grounds {
  purpose: Purpose;
  /** Case or 110 number; not needed for patrol and life_threat. */
  case_ref: string;
}

export * from "./types.attestation";
export * from "./types.dispatch";
export * from "./types.live";
export * from "./types.operate";
