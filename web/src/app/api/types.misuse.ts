// Hints of misuse, case files about them, what is known of vehicles, and the weekly sample.

import type { AuditLine, Id, Micros } from "./types";

export type AlertKind =
  | "repeats"
  | "borrowed_cases"
  | "own"
  | "household"
  | "colleague"
  | "vip"
  | "decoy"
  | "pace"
  | "off_shift";

export const ASIDE_REASONS = ["known_task", "training", "duplicate", "wrong_data", "too_little"] as const;
export type AsideReason = (typeof ASIDE_REASONS)[number];

export interface MisuseAlert {
  id: Id;
  state: "new" | "opened" | "set_aside";
  kind: AlertKind;
  officer: Id;
  officer_name: string;
  counted: number;
  expected: number;
  by_chance: number | null;
  leaves: number[];
  made_at_us: Micros;
  settled_at_us: Micros | null;
  settled_by_name: string | null;
  reason: AsideReason | null;
  note: string | null;
}

export type CaseState = "open" | "asked" | "answered" | "closed";
export const FINDINGS = ["founded", "unfounded", "unproven"] as const;
export type CaseFinding = (typeof FINDINGS)[number];

export interface CaseStep {
  at_us: Micros;
  by_name: string;
  what: "opened" | "question" | "answer" | "finding";
  said: string;
}

export interface MisuseCase {
  id: Id;
  state: CaseState;
  officer: Id;
  officer_name: string;
  office: string | null;
  origin: "alert" | "sample" | "hand";
  alert: Id | null;
  leaves: number[];
  opened_at_us: Micros;
  opened_by: Id;
  due_at_us: Micros;
  answer_due_at_us: Micros | null;
  is_overdue: boolean;
  finding: CaseFinding | null;
  closed_at_us: Micros | null;
}

export interface MisuseCaseShown extends MisuseCase {
  steps: CaseStep[];
  hint: MisuseAlert | null;
  log: AuditLine[];
}

export interface OpenCase {
  alert?: Id;
  leaf?: number;
  reason: string;
}

export interface QuestionToMe {
  id: Id;
  state: CaseState;
  answer_due_at_us: Micros | null;
  is_overdue: boolean;
  steps: CaseStep[];
  finding: CaseFinding | null;
}

export const MARK_KINDS = ["decoy", "vip", "own", "household"] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

export interface PlateMark {
  id: Id;
  plate_display: string;
  kind: MarkKind;
  officer: Id | null;
  officer_name: string | null;
  note: string;
  set_at_us: Micros;
  set_by_name: string;
  ended_at_us: Micros | null;
  ended_by_name: string | null;
}

export interface SetMark {
  plate: string;
  kind: MarkKind;
  officer: Id | null;
  note: string;
}

export interface Sample {
  from_leaf: number;
  to_leaf: number;
  close_leaf: number;
  closed_at_us: Micros;
  checkpoint: string | null;
  drawn: number[];
  questions: number[];
}
