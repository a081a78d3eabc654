// What is decided about each case, and whether it is whole.

import { microsFromTaipei } from "../app/age";
import type { Micros } from "../app/api/types";
import type { CaseUses, DecideCase } from "../app/api/types.inquiries";

const DAY_US = 86_400_000_000;
export const DEFERRED_DAYS_MAX = 365;
export const REASON_MIN = 10;
export const REASON_MAX = 1_000;

/** `null`: not decided yet. */
export interface Decision {
  isTold: boolean | null;
  /** A day in Taipei. */
  until: string;
  reason: string;
}

export const UNDECIDED: Decision = { isTold: null, until: "", reason: "" };

/** The last moment of the day, but never later than a year from now. */
export function endOf(day: string, now_us: Micros, from_us: Micros = now_us): Micros | null {
  const at_us = day ? microsFromTaipei(`${day}T23:59`) : null;
  if (at_us === null || at_us - now_us < DAY_US) return null;
  // A minute for the way to the server, whose clock counts.
  const latest_us = from_us + DEFERRED_DAYS_MAX * DAY_US - (from_us === now_us ? 60_000_000 : 0);
  return at_us - latest_us > DAY_US ? null : Math.min(at_us, latest_us);
}

export function hasReason(reason: string): boolean {
  return reason.trim().length >= REASON_MIN;
}

/** `null` while a case is undecided, or a deferral lacks its day or its reason. */
export function requestOf(
  cases: CaseUses[],
  decisions: Record<string, Decision>,
  now_us: Micros,
): DecideCase[] | null {
  const all: DecideCase[] = [];
  for (const { case_ref, is_running } of cases) {
    const { isTold, until, reason } = decisions[case_ref] ?? UNDECIDED;
    if (isTold === null || (isTold && is_running)) return null;
    const until_us = isTold ? null : endOf(until, now_us);
    if (!isTold && (until_us === null || !hasReason(reason))) return null;
    all.push({ case_ref, until_us, reason: isTold ? "" : reason.trim() });
  }
  return all;
}
