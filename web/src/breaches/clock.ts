// How much of the day is left in which those concerned by a leak are told.

import type { Micros } from "../app/api/types";
import type { Breach } from "../app/api/types.breaches";

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;

export type Clock =
  | { kind: "told"; at_us: Micros; isLate: boolean }
  | { kind: "closed" }
  | { kind: "left"; hours: number; minutes: number }
  | { kind: "late"; hours: number; minutes: number };

function split(us: number): { hours: number; minutes: number } {
  return { hours: Math.floor(us / HOUR_US), minutes: Math.floor((us % HOUR_US) / MINUTE_US) };
}

export function clockOf(
  breach: Pick<Breach, "persons_told_at_us" | "is_late" | "is_closed" | "tell_due_at_us">,
  now_us: Micros,
): Clock {
  if (breach.persons_told_at_us !== null) {
    return { kind: "told", at_us: breach.persons_told_at_us, isLate: breach.is_late };
  }
  if (breach.is_closed) return { kind: "closed" };
  const left_us = breach.tell_due_at_us - now_us;
  return left_us >= 0 ? { kind: "left", ...split(left_us) } : { kind: "late", ...split(-left_us) };
}
