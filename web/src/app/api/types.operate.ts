// The map, the machine room and the audit log.

import type { Id, Micros, Wgs84 } from "./types";

export interface MapInfo {
  version: number;
  bounds: [number, number, number, number] | null;
  center: [number, number] | Wgs84 | null;
  roads: number;
  attribution: string;
  imported_at_us: Micros | null;
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
