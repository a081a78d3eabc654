// The map, the machine room, the audit log and its witnesses.

import type { Id, Micros, Wgs84 } from "./types";

export interface MapInfo {
  version: number;
  bounds: [number, number, number, number] | null;
  center: [number, number] | Wgs84 | null;
  roads: number;
  attribution: string;
  imported_at_us: Micros | null;
  /** How far the roads are prepared for driving times; absent from a map that was kept by an older page. */
  ways?: {
    /** The map whose roads are asked now. */
    version: number;
    prepared: number;
    of: number;
    failed: string | null;
  };
}

export interface MapImported {
  /** Absent after a dry run. */
  version: number | null;
  report: Record<string, unknown>;
}

export interface Health {
  modules: { name: string; is_healthy: boolean; detail: string }[];
  version: string;
  uptime_s?: number;
}

export interface Job {
  id: Id;
  kind: string;
  state: "waiting" | "running" | "done" | "failed";
  attempts: number;
  run_at_us: Micros;
  enqueued_at_us: Micros;
  finished_at_us: Micros | null;
  last_error: string | null;
}

export interface AuditLine {
  seq: number;
  at_us: Micros;
  /** Id of a person or device; `none` before sign-in. */
  actor: string;
  actor_name: string;
  action: string;
  class: string;
  purpose: string | null;
  case_ref: string | null;
  object: string;
  /** HTTP status of the answer. */
  outcome: number;
  hash: string;
  /** Only class and day are left; the leaf stands. */
  is_erased: boolean;
}

export interface AuditVerdict {
  is_intact: boolean;
  leaves: number;
  root: string;
  first_bad_seq: number | null;
  /** English, for the operator. */
  reason: string | null;
  erased: number;
  log_key: string;
}

export interface WitnessState {
  name: string;
  key: string;
  url: string;
  standing: "current" | "late" | "alarm";
  /** Leaves that it signed last. */
  size: number;
  /** By its own clock. */
  signed_at_us: Micros | null;
  /** Null before the first call. */
  outcome: "signed" | "unreachable" | "refused" | "ahead" | "fork" | "not_grown" | null;
  /** What it said when it did not sign; English. */
  said: string;
  failing_since_us: Micros | null;
  failures: number;
}

export interface Evidence {
  origin: string;
  /** `fork` or `not_grown`. */
  kind: string;
  size: number;
  first_at_us: Micros;
  last_at_us: Micros;
  times: number;
  /** English. */
  said: string;
  known_note: string;
  sent: string;
}

/** This server as a witness of others. */
export interface OwnWitness {
  key: string;
  logs: { origin: string; size: number; signed_at_us: Micros | null }[];
  evidence: Evidence[];
}

export interface Witnesses {
  log_key: string;
  size: number;
  /** Leaves that as many witnesses as are needed have signed. */
  witnessed_size: number;
  /** 0: nobody is asked. */
  needed: number;
  witnesses: WitnessState[];
  own: OwnWitness | null;
}
