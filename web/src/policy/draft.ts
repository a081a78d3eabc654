// The rules as a person edits them, and what the server said to a number.

import { ApiError } from "../app/api/client";
import type { DispatchPolicy, SetPolicy } from "../app/api/types.choice";

/** What is sent: who set it and when is the server's to say. */
export function draftOf(policy: DispatchPolicy): SetPolicy {
  const { set_at_us: _, set_by: __, ...draft } = policy;
  return draft;
}

/** Kinds that ask for nothing are not written down. */
export function withNeeds(draft: SetPolicy, kind: string, skills: string[] | null): SetPolicy {
  const { [kind]: _, ...others } = draft.needs;
  return { ...draft, needs: skills ? { ...others, [kind]: skills } : others };
}

export function cleaned(draft: SetPolicy): SetPolicy {
  const needs = Object.entries(draft.needs).filter(([, skills]) => skills.length > 0);
  return { ...draft, needs: Object.fromEntries(needs) };
}

export interface Refusal {
  field: string;
  least: number;
  most: number;
}

/** Which field the server did not take. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof ApiError) || error.key !== "dispatch.policy.out_of_range") return null;
  const { field, least, most } = error.problem.params ?? {};
  return field === undefined ? null : { field: String(field), least: Number(least), most: Number(most) };
}

/** `preemption.saves_min_s`, or its last part where the server names only that. */
export function isAbout(refusal: Refusal | null, path: string): boolean {
  if (!refusal) return false;
  return refusal.field === path || (!refusal.field.includes(".") && path.endsWith(`.${refusal.field}`));
}
