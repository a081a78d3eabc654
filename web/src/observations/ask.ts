// The request as it is typed, and what of it can be sent.

import type { AskObservation, ObservationBasis } from "../app/api/types.observations";
import { spanOf } from "../app/days";
import { platesOf } from "../app/plates";

export const TERM_DAYS_MAX = 365;
export const PLATES_MAX = 10;

/** Who asks and who decides serve in different offices, so that neither goes without one; who only watches needs none. */
export function lacksOffice(
  office: string | null | undefined,
  may: (permission: string) => boolean,
): boolean {
  return !office && (may("observations.ask") || may("observations.decide"));
}

/** Where a request for this plate and case is written. */
export function askPath(plate: string, caseRef: string): string {
  const params = new URLSearchParams({ tab: "ask" });
  if (plate) params.set("plate", plate);
  if (caseRef) params.set("case", caseRef);
  return `/observations?${params}`;
}

export interface Draft {
  plates: string;
  caseRef: string;
  basis: ObservationBasis | null;
  reason: string;
  /** `2026-11-22`. */
  from: string;
  until: string;
  termDays: number | string;
}

/** Null while something is missing or cannot be. The last day is in it. */
export function requestOf(draft: Draft): AskObservation | null {
  const plates = platesOf(draft.plates);
  const span = spanOf(draft.from, draft.until);
  const term_days = Number(draft.termDays);
  const isWhole =
    plates.length >= 1 &&
    plates.length <= PLATES_MAX &&
    draft.caseRef.trim() !== "" &&
    draft.basis !== null &&
    [...draft.reason.trim()].length >= 10 &&
    Number.isInteger(term_days) &&
    term_days >= 1 &&
    term_days <= TERM_DAYS_MAX;
  if (!isWhole || draft.basis === null || span === null) return null;
  return {
    plates,
    case_ref: draft.caseRef.trim(),
    basis: draft.basis,
    reason: draft.reason.trim(),
    ...span,
    cameras: [],
    term_days,
  };
}
