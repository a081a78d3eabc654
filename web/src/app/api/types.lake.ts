// Questions to the sighting lake and their answers; mirrors base/wire's sightings_lake.

import type {
  Id,
  Micros,
  SeenVehicle,
  Sighting,
  TravelDirection,
  VehicleColour,
  VehicleKind,
  Wgs84,
} from "./types";

/** Why an answer may not be whole. */
export interface PartialNote {
  key: string;
  detail: string;
}

export interface Found<T> {
  items: T[];
  next_cursor: string | null;
  /** Empty: the answer is whole. */
  partial: PartialNote[];
}

export type Heading =
  | TravelDirection
  | "north"
  | "north_east"
  | "east"
  | "south_east"
  | "south"
  | "south_west"
  | "west"
  | "north_west"
  | "entered"
  | "left";

/** When and where; what every answer with places has. */
export interface Spot {
  id: Id;
  captured_at_us: Micros;
  place_name: string;
  position: Wgs84 | null;
}

export interface Passing extends Spot {
  plate: string;
  plate_display: string;
  camera: Id | null;
  confidence: number;
  heading: Heading | null;
  /** Only where the whole record was given. */
  seen?: SeenVehicle;
}

/** What the pictures must show; null: anything. */
export interface Look {
  kind: VehicleKind | null;
  colour: VehicleColour | null;
}

export type PlateLikeness = "wildcard" | "look_alike" | "one_off";
export const LIKENESSES: PlateLikeness[] = ["wildcard", "look_alike", "one_off"];

/** A plate with its passages in a window; the times are absent where no window was asked about. */
export interface KnownPlate {
  plate: string;
  plate_display: string;
  sightings: number;
  first_at_us: Micros | null;
  last_at_us: Micros | null;
}

export interface TimeSpan {
  from_us: Micros;
  until_us: Micros;
}

export type AskedArea =
  | { kind: "h3"; cells: string[] }
  | { kind: "circle"; center: Wgs84; radius_m: number }
  | { kind: "polygon"; coordinates: [number, number][][] };

export interface Leg extends Passing {
  /** Counted from 1; a gap begins the next. */
  trip: number;
  took_ms: number | null;
  is_gap: boolean;
  distance_m: number | null;
  speed_kmh: number | null;
  /** Present when no vehicle can have driven it. */
  doubt: "cloned_plate" | "misread" | null;
}

export interface Companion {
  plate: string;
  plate_display: string;
  cameras: number;
  encounters: number;
  first_at_us: Micros;
  last_at_us: Micros;
}

/** Passages that hang together, of two of the plates at least. */
export interface Meeting {
  first_at_us: Micros;
  last_at_us: Micros;
  plates: string[];
  place_names: string[];
  position: Wgs84 | null;
  passages: number;
}

export interface PassedAt extends Spot {
  camera: Id | null;
}

export interface PassedBoth {
  plate: string;
  plate_display: string;
  first: PassedAt;
  then: PassedAt;
  took_ms: number;
}

export interface FirstAndLast {
  plate_display: string;
  first: Passing | null;
  last: Passing | null;
  sightings: number;
  partial: PartialNote[];
}

export type CountBy = "hour" | "hour_camera" | "cell";
export const COUNTS_BY: CountBy[] = ["hour", "hour_camera", "cell"];

export interface Count {
  hour_us: Micros | null;
  camera: Id | null;
  place_name: string | null;
  position: Wgs84 | null;
  /** H3. */
  cell: string | null;
  sightings: number;
}

export interface Counts {
  items: Count[];
  total: number;
  partial: PartialNote[];
}

export interface StolenVehicle {
  plate: string;
  /** When the theft was noticed. */
  stolen_at_us: Micros;
  /** Null: not found yet. */
  recovered_at_us: Micros | null;
}

/** One H3 cell in one period: numbers of vehicles. */
export interface TheftZone {
  cell: string;
  /** The middle of the cell. */
  position: Wgs84 | null;
  /** Beginning of the period in which the thefts were noticed; null without periods. */
  period_from_us: Micros | null;
  last_seen_before: number;
  first_seen_after: number;
  last_seen_after: number;
}

export interface AskZones {
  vehicles: StolenVehicle[];
  resolution: number;
  look_days: number;
  period_days?: number;
}

export type ExportFormat = "csv" | "geojson" | "parquet";
export const EXPORT_FORMATS: ExportFormat[] = ["csv", "geojson", "parquet"];

export type ExportQuestion =
  | { kind: "history"; plate: string }
  | { kind: "cameras"; cameras: Id[] }
  | { kind: "area"; area: AskedArea };

export type ExportState = "waiting" | "running" | "ready" | "cancelled" | "failed" | "expired";

export interface Export {
  id: Id;
  state: ExportState;
  format: ExportFormat;
  asked: string;
  asked_by: Id;
  asked_by_name: string;
  asked_at_us: Micros;
  percent: number;
  rows: number;
  bytes: number;
  expires_at_us: Micros | null;
  partial: PartialNote[];
  error: string | null;
}

export interface Hold {
  id: Id;
  sighting: Id;
  plate_display: string;
  captured_at_us: Micros;
  reason: "hit" | "legal";
  note: string;
  case_ref: string | null;
  since_us: Micros;
  until_us: Micros;
  placed_by_name: string | null;
  lifted_at_us: Micros | null;
}

export interface Erasure {
  at_us: Micros;
  by_name: string;
  reason: string;
  case_ref: string | null;
  erased: number;
  pictures: number;
}

export interface RetentionClass {
  class: "passage" | "kept" | "parking" | "gantry" | "partner";
  days: number | null;
  legal_basis: string;
  sightings: number;
  oldest_us: Micros | null;
}

export interface PurgeCertificate {
  ran_at_us: Micros;
  rows_before: number;
  purged: number;
  kept: number;
  duplicates: number;
  is_balanced: boolean;
  pictures_moved: number;
  /** Pictures from days before this one cannot be read any more, in any copy. Days since 1970. */
  keys_until_day: number;
  quarantine_deleted: number;
  purged_total: number;
  erased_total: number;
}

export interface Retention {
  classes: RetentionClass[];
  certificates: PurgeCertificate[];
  erasures: Erasure[];
}

/** A sighting with all that is known of it, as a passing. */
export function passingOf(s: Sighting): Passing {
  return { ...s, heading: s.direction };
}
