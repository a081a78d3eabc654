// Patrol boxes 巡邏箱 and check-ins 巡簽, as the pages read them; schema.check.ts holds them against the server's schema.

import type { EntryAction, Id, Micros, ProblemRow, VehicleClass, VehicleColour, Wgs84 } from "./types";

export const BOX_STATES = ["on_time", "late", "missed", "never", "retired"] as const;
/** Late: overdue by less than its interval. Missed: by more. */
export type BoxState = (typeof BOX_STATES)[number];
export type Carries = "printed" | "rotating" | "tag";

export interface PatrolBox {
  id: Id;
  number: string;
  name: string;
  station: string;
  beat: string;
  note: string;
  position: Wgs84;
  /** Somebody is to be here at least this often. */
  every_h: number;
  is_active: boolean;
  carries: Carries[];
  last_check_in_at_us: Micros | null;
  state: BoxState;
}

export interface BoxImport {
  dry_run: boolean;
  encoding: string;
  rows: number;
  accepted: number;
  changed: number;
  unchanged: number;
  errors: ProblemRow[];
  /** Our name of a column → the file's heading. */
  columns: Record<string, string>;
}

/** What goes on a printed sheet. */
export interface BoxCode {
  id: Id;
  number: string;
  name: string;
  station: string;
  beat: string;
  text: string;
}

export interface TagKeys {
  uid: string;
  meta_read_key_hex: string;
  file_read_key_hex: string;
  ndef_url: string;
}

export interface DeviceSecret {
  secret_base32: string;
  step_s: number;
}

export interface Nonces {
  nonces: string[];
  expires_at_us: Micros;
}

export interface SendCheckIn {
  code: string;
  measured_at_us: Micros;
  position?: Wgs84;
  accuracy_m?: number;
  nonce?: string;
}

export type Doubt = "late_upload" | "no_position" | "impossible_travel" | "far_from_box" | "counter_order";

export interface BriefingCase {
  number: string;
  kind: string;
  summary: string;
  opened_at_us: Micros;
  distance_m: number;
  is_open: boolean;
}

/** A box due, or overdue, near the crew. */
export interface NearBox {
  box: PatrolBox;
  /** In a straight line. */
  distance_m: number;
  due_at_us: Micros;
  is_overdue: boolean;
}

export interface NearBoxes {
  items: NearBox[];
  /** Those that are not listed included. */
  count: number;
}

/** A vehicle looked for, seen near the box within the hour. */
export interface WantedVehicle {
  hit: Id;
  plate_display: string;
  seen_at_us: Micros;
  place_name: string;
  distance_m: number;
  /** Until a person has compared the pictures nobody acts on it. */
  is_confirmed: boolean;
  /** Of a confirmed one only. */
  action: EntryAction | null;
  vehicle_class: VehicleClass | null;
  vehicle_colour: VehicleColour | null;
  vehicle_note: string | null;
}

export interface Briefing {
  note: string;
  cases: BriefingCase[];
  wanted: WantedVehicle[];
  /** Check-ins here in seven days. */
  visited: number;
}

export interface CheckIn {
  id: Id;
  box: Id;
  number: string;
  name: string;
  station: string;
  method: Carries;
  by: Id;
  by_name: string;
  unit: Id | null;
  measured_at_us: Micros;
  received_at_us: Micros;
  distance_m: number | null;
  doubts: Doubt[];
  /** Only in the answer to the check-in itself. */
  briefing: Briefing | null;
}

export interface StationSummary {
  station: string;
  boxes: number;
  on_time: number;
  late: number;
  missed: number;
  never: number;
  check_ins_7d: number;
}

export interface PatrolSummary {
  boxes: number;
  on_time: number;
  late: number;
  missed: number;
  never: number;
  check_ins_24h: number;
  doubtful_24h: number;
  refused_24h: number;
  stations: StationSummary[];
}
