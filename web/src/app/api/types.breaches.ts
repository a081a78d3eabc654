// The register of breaches: what leaked, and whether those concerned were told in time.

import type { Id, Micros } from "./types";

export const BREACH_STEPS = [
  "persons_told",
  "authority_told",
  "not_told",
  "measure",
  "count",
  "closed",
] as const;
export type BreachStepKind = (typeof BREACH_STEPS)[number];

export interface BreachStep {
  seq: number;
  kind: BreachStepKind;
  text: string;
  persons: number | null;
  at_us: Micros;
  written_at_us: Micros;
  by_name: string;
}

export interface Breach {
  id: Id;
  known_at_us: Micros;
  since_us: Micros | null;
  what: string;
  data: string;
  persons: number | null;
  written_at_us: Micros;
  written_by_name: string;
  tell_due_at_us: Micros;
  persons_told_at_us: Micros | null;
  authority_told_at_us: Micros | null;
  is_late: boolean;
  is_closed: boolean;
  steps: BreachStep[];
}

export interface WriteBreach {
  known_at_us: Micros;
  since_us: Micros | null;
  what: string;
  data: string;
  persons: number | null;
}

export interface WriteBreachStep {
  kind: BreachStepKind;
  text: string;
  persons: number | null;
  at_us: Micros;
}
