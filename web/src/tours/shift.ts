// The shift that a chief plans next: police shifts change at 0, 8 and 16 o'clock in Taipei.

import type { Micros } from "../app/api/types";

const HOUR_US = 3_600_000_000;
const STEP_US = 300_000_000;
const SHIFT_US = 8 * HOUR_US;
const ZONE_US = 8 * HOUR_US;

/** The next that begins after now. */
export function nextShift(now_us: Micros): { from_us: Micros; to_us: Micros } {
  const from_us = (Math.floor((now_us + ZONE_US) / SHIFT_US) + 1) * SHIFT_US - ZONE_US;
  return { from_us, to_us: from_us + SHIFT_US };
}

/** The rest of a shift that goes on already begins at the next five minutes: what is past is not planned again. */
export function restOfShift(from_us: Micros, now_us: Micros): Micros {
  return from_us >= now_us ? from_us : Math.ceil(now_us / STEP_US) * STEP_US;
}

/** As the server takes it: one to fourteen hours, ending in the future. */
export function isShift(from_us: Micros | null, to_us: Micros | null, now_us: Micros): boolean {
  if (from_us === null || to_us === null) return false;
  const lasts = to_us - from_us;
  return lasts >= HOUR_US && lasts <= 14 * HOUR_US && to_us > now_us;
}
