// Warnings to the public (CAP 1.2), ours and others'; mirrors domains/warnings/src/model.rs.

import type { Id, Micros, Wgs84 } from "./types";

export type WarningState = "draft" | "discarded" | "in_force" | "replaced" | "cancelled" | "told";
export type DraftKind = "alert" | "update" | "cancel";

/** CAP 1.2 §3.2.1; of ours only the first three. */
export const DRAFT_STATUSES = ["Actual", "Exercise", "Test"] as const;

/** CAP 1.2 §3.2.2, each in the order of the standard. */
export const CATEGORIES = [
  "Geo",
  "Met",
  "Safety",
  "Security",
  "Rescue",
  "Fire",
  "Health",
  "Env",
  "Transport",
  "Infra",
  "CBRNE",
  "Other",
] as const;
export const RESPONSES = [
  "Shelter",
  "Evacuate",
  "Prepare",
  "Execute",
  "Avoid",
  "Monitor",
  "Assess",
  "AllClear",
  "None",
] as const;
export const URGENCIES = ["Immediate", "Expected", "Future", "Past", "Unknown"] as const;
export const SEVERITIES = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"] as const;
export const CERTAINTIES = ["Observed", "Likely", "Possible", "Unlikely", "Unknown"] as const;

export interface WarningText {
  language: string;
  event: string;
  headline: string;
  description: string;
  instruction: string;
  urgency: string;
  severity: string;
  certainty: string;
}

export interface WarningCircle {
  centre: Wgs84;
  radius_m: number;
}

export interface WarningArea {
  description: string;
  polygons: Wgs84[][];
  circles: WarningCircle[];
}

export interface Warning {
  id: Id;
  is_ours: boolean;
  state: WarningState;
  sender: string;
  identifier: string;
  sent_at_us: Micros;
  status: string;
  msg_type: string;
  expires_at_us: Micros;
  is_expired: boolean;
  incident: Id | null;
  /** Of ours: the warning that it updates or cancels. */
  earlier: Id | null;
  created_by_name: string;
  issued_at_us: Micros | null;
  issued_by_name: string | null;
  ended_by: Id | null;
  texts: WarningText[];
  areas: WarningArea[];
}

export interface WarningInForce {
  warning: Warning;
  /** False: its areas are only named, and nobody knows who is inside. */
  has_shape: boolean;
  incidents: { id: Id; number: string; kind: string }[];
  units: { id: Id; call_sign: string; position_at_us: Micros | null }[];
}

export interface DraftText {
  language: "zh-TW" | "en-US";
  event: string;
  headline: string;
  description: string;
  instruction: string;
}

export interface DraftWarning {
  kind: DraftKind;
  earlier: Id | null;
  incident: Id | null;
  status: string;
  category: string;
  /** Empty for nothing. */
  response: string;
  urgency: string;
  severity: string;
  certainty: string;
  expires_at_us: Micros;
  texts: DraftText[];
  area: WarningArea;
}

export interface WarningReceipt {
  is_repeated: boolean;
  ended: Id[];
  warning: Warning;
}
