// What a request for information covers: one incident, or days that are over.

import { taipeiDay } from "../../app/age";
import type { Micros } from "../../app/api/types";
import type { DisclosureScope } from "../../app/api/types.disclosures";
import { DAY_US, daysOf, spanOf } from "../../app/days";

/** One request covers at most so many days; a longer one is several. */
export const DAYS_MAX = 31;

/** As it is typed: a number, or the first and the last day. */
export interface ScopeDraft {
  number: string;
  from: string;
  until: string;
}

/** The last day that is over. */
export function yesterday(now_us: Micros): string {
  return taipeiDay(now_us - DAY_US);
}

/** What is wrong with the days; null also while one is missing. The texts stand under `disclosure.fault_…`. */
export function daysFault({ number, from, until }: ScopeDraft, now_us: Micros) {
  if (number.trim() || !from || !until) return null;
  if (until < from) return "before_from";
  if (until > yesterday(now_us)) return "not_over";
  const span = spanOf(from, until);
  if (span === null) return "no_day";
  return span.until_us - span.from_us > DAYS_MAX * DAY_US ? "too_long" : null;
}

/** What is sent: one incident where its number is given, else the days, both of them in it. Null while something lacks. */
export function scopeOf(draft: ScopeDraft, now_us: Micros): DisclosureScope | null {
  const number = draft.number.trim();
  if (number) return { by: "incident", number };
  const span = daysFault(draft, now_us) === null ? spanOf(draft.from, draft.until) : null;
  return span && { by: "time", ...span };
}

export function sayScope(scope: DisclosureScope): string {
  return scope.by === "incident" ? scope.number : daysOf(scope).join(" – ");
}
