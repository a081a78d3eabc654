// A shift as a person types it, and what is wrong with it before it is sent.

import { microsFromTaipei, taipeiField } from "../app/age";
import type { Id, Micros } from "../app/api/types";
import type { Shift, WriteShift } from "../app/api/types.shifts";

export const SHIFT_MAX_US = 24 * 3_600_000_000;
const DAY_US = 24 * 3_600_000_000;
const ZONE_US = 8 * 3_600_000_000;

export interface Draft {
  unit: Id | null;
  name: string;
  from: string;
  until: string;
}

export const draftOf = (shift: Shift): Draft => ({
  unit: shift.unit,
  name: shift.name,
  from: taipeiField(shift.from_us),
  until: taipeiField(shift.until_us),
});

export type DraftFault = "unit" | "name" | "time" | "span";

export function checked(draft: Draft): WriteShift | DraftFault {
  const from_us = microsFromTaipei(draft.from);
  const until_us = microsFromTaipei(draft.until);
  const name = draft.name.trim();
  if (!draft.unit) return "unit";
  if (!name || [...name].length > 60) return "name";
  if (from_us === null || until_us === null) return "time";
  if (until_us <= from_us || until_us - from_us > SHIFT_MAX_US) return "span";
  return { unit: draft.unit, name, from_us, until_us };
}

/** Midnight to midnight in Taipei, so many days from the one that holds `now`. */
export function dayAround(now_us: Micros, days: number): { from_us: Micros; until_us: Micros } {
  const from_us = (Math.floor((now_us + ZONE_US) / DAY_US) + days) * DAY_US - ZONE_US;
  return { from_us, until_us: from_us + DAY_US };
}
