// A seal as it is being asked for, and what still lacks of it.

import type { Micros } from "../app/api/types";
import type { AskSeal } from "../app/api/types.seals";
import { DAY_US, dayEnd_us, daysEnding } from "../app/days";
import { platesOf } from "../app/plates";
import { saysWhy } from "../app/ReasonForm";

export interface SealDraft {
  case_ref: string;
  plates: string;
  members: string[];
  decider: string | null;
  reason: string;
  /** The last day on which it holds; empty until one is chosen. */
  until: string;
}

export const EMPTY: SealDraft = {
  case_ref: "",
  plates: "",
  members: [],
  decider: null,
  reason: "",
  until: "",
};

export const PLATES_MAX = 20;
export const PLATE_CHARS_MIN = 4;
export const TERM_DAYS_MAX = 365;
const CASE_CHARS_MIN = 4;

/** The first and the last day that the server takes, a day to a year from now; for one that is lengthened, after its end. */
export function daysAllowed(now_us: Micros, ends_at_us: Micros = 0): [string, string] {
  return daysEnding(Math.max(now_us + DAY_US, ends_at_us + 1), now_us + TERM_DAYS_MAX * DAY_US);
}

/** Whether a seal may hold until that day. */
export function isAllowed(day: string, [first, last]: [string, string]): boolean {
  return dayEnd_us(day) !== null && first <= day && day <= last;
}

const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, "").length;

/** What is sent; null while something lacks. The server has the last word. */
export function asked(draft: SealDraft, now_us: Micros): AskSeal | null {
  const plates = platesOf(draft.plates);
  const { decider } = draft;
  const until_us = isAllowed(draft.until, daysAllowed(now_us)) ? dayEnd_us(draft.until) : null;
  const isWhole =
    letters(draft.case_ref) >= CASE_CHARS_MIN &&
    plates.length >= 1 &&
    plates.length <= PLATES_MAX &&
    plates.every((plate) => letters(plate) >= PLATE_CHARS_MIN) &&
    draft.members.length >= 1 &&
    saysWhy(draft.reason);
  if (!isWhole || decider === null || until_us === null) return null;
  return {
    case_ref: draft.case_ref.trim(),
    plates,
    members: draft.members,
    decider,
    reason: draft.reason.trim(),
    until_us,
  };
}
