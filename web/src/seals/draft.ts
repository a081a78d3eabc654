// A seal as it is being asked for, and what still lacks of it.

import type { AskSeal } from "../app/api/types.seals";

export interface SealDraft {
  case_ref: string;
  plates: string;
  members: string[];
  decider: string | null;
  reason: string;
  /** End of that day, once one is chosen. */
  until_us: number | null;
}

export const EMPTY: SealDraft = {
  case_ref: "",
  plates: "",
  members: [],
  decider: null,
  reason: "",
  until_us: null,
};

const PLATES_MAX = 20;
const PLATE_CHARS_MIN = 4;
const CASE_CHARS_MIN = 4;
const REASON_CHARS_MIN = 5;

/** One plate in each line, or between commas. */
export function platesOf(text: string): string[] {
  return text
    .split(/[\s,;\u3001\uff0c\uff1b]+/)
    .map((plate) => plate.trim())
    .filter((plate) => plate !== "");
}

const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, "").length;

/** What is sent; null while something lacks. The server has the last word. */
export function asked(draft: SealDraft): AskSeal | null {
  const plates = platesOf(draft.plates);
  const { decider, until_us } = draft;
  const isWhole =
    letters(draft.case_ref) >= CASE_CHARS_MIN &&
    plates.length >= 1 &&
    plates.length <= PLATES_MAX &&
    plates.every((plate) => letters(plate) >= PLATE_CHARS_MIN) &&
    draft.members.length >= 1 &&
    draft.reason.trim().length >= REASON_CHARS_MIN;
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
