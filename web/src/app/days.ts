// Whole days of Taipei, as a person says them and as the server takes them.

import { microsFromTaipei, taipeiDay } from "./age";
import type { Micros } from "./api/types";

/** Taipei has no summer time: each day is as long. */
export const DAY_US = 86_400_000_000;

export interface Span {
  from_us: Micros;
  until_us: Micros;
}

/** Midnight at which the day begins; null for what is no date. `2026-02-31` is none, though a clock would take it for March. */
export function dayStart_us(day: string): Micros | null {
  const at_us = /^\d{4}-\d{2}-\d{2}$/.test(day) ? microsFromTaipei(day) : null;
  return at_us !== null && taipeiDay(at_us) === day ? at_us : null;
}

/** Two dates of a form, both of them in it, as a span whose end is not in it. Null while one is missing or they are the wrong way round. */
export function spanOf(first: string, last: string): Span | null {
  const [from_us, last_us] = [dayStart_us(first), dayStart_us(last)];
  if (from_us === null || last_us === null || last_us < from_us) return null;
  return { from_us, until_us: last_us + DAY_US };
}

/** The same back: the first and the last day that lie in it. */
export function daysOf({ from_us, until_us }: Span): [string, string] {
  return [taipeiDay(from_us), taipeiDay(until_us - 1)];
}

/** The last minute of a day: something that holds until that day holds on it. */
export function dayEnd_us(day: string): Micros | null {
  const from_us = dayStart_us(day);
  return from_us === null ? null : from_us + DAY_US - 60_000_000;
}

/** Days of which the end lies between two moments. Where there is none, the first lies after the last. */
export function daysEnding(from_us: Micros, until_us: Micros): [string, string] {
  const end_us = (at_us: Micros) => dayEnd_us(taipeiDay(at_us)) ?? at_us;
  const first = end_us(from_us) >= from_us ? from_us : from_us + DAY_US;
  const last = end_us(until_us) <= until_us ? until_us : until_us - DAY_US;
  return [taipeiDay(first), taipeiDay(last)];
}
