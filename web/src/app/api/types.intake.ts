// Calls as an exchange puts them through, and what they may be another report of.

import type { Id, Micros, Wgs84 } from "./types";
import type { Incident, IncidentState, Reason } from "./types.dispatch";

/** As much of a call as is written down. */
export interface AskDuplicates {
  kind: string | null;
  position: Wgs84 | null;
  address: string;
  /** The call in hand. */
  call: Id | null;
}

/** An open incident that a call, or another incident, may be about. */
export interface Duplicate {
  incident: Incident;
  /** 0 to 1. */
  score: number;
  reasons: Reason[];
}

/** What would have opened an incident, as another report of one that is open. */
export interface JoinReport {
  priority: number;
  kind: string;
  summary: string;
  address: string;
  position: Wgs84 | null;
}

export type CallState = "ringing" | "taken" | "abandoned" | "settled";
export type CallKind = "voice" | "text" | "silent" | "app";
export type SettledAs =
  | "incident"
  | "advised"
  | "handed_over"
  | "called_back"
  | "no_answer"
  | "misdial"
  | "prank"
  | "test";
/** Reasons why a call has no incident. */
export const WITHOUT_INCIDENT: SettledAs[] = [
  "advised",
  "handed_over",
  "called_back",
  "no_answer",
  "misdial",
  "prank",
  "test",
];

export interface Call {
  id: Id;
  number: string;
  kind: CallKind;
  line: string;
  /** Masked but for its end unless `is_mine`. */
  caller: string | null;
  is_mine: boolean;
  text: string;
  position: Wgs84 | null;
  accuracy_m: number | null;
  video_url: string | null;
  state: CallState;
  arrived_at_us: Micros;
  ended_at_us: Micros | null;
  taken_at_us: Micros | null;
  taken_by: Id | null;
  taken_by_name: string | null;
  settled_as: SettledAs | null;
  incident: Id | null;
}

/** In hand first, then what rings, what was missed, what others have. */
export interface WaitingCalls {
  items: Call[];
  /** There are more than these. */
  is_cut: boolean;
}

export interface EarlierIncident {
  id: Id;
  number: string;
  kind: string;
  state: IncidentState;
  summary: string;
  address: string;
}

export interface EarlierCall {
  arrived_at_us: Micros;
  kind: CallKind;
  settled_as: SettledAs | null;
  incident: EarlierIncident | null;
}

export interface CallerHistory {
  calls: number;
  items: EarlierCall[];
}

export interface CallSource {
  device: Id;
  title: string;
  created_at_us: Micros;
  ended_at_us: Micros | null;
}

export interface KindsRow {
  row: number;
  column: string;
  value: string;
  key: string;
  message: string;
}

/** What a list of kinds did, or would do: keys. */
export interface KindsImport {
  dry_run: boolean;
  version: number;
  rows: number;
  added: string[];
  changed: string[];
  retired: string[];
  kept: string[];
  unchanged: number;
  errors: KindsRow[];
}
