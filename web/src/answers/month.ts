// Months as the server names them.

/** `2026-11` of a moment in microseconds, by the clock of Taipei, which knows no summer time. */
export function monthOf(at_us: number): string {
  return new Date(at_us / 1000 + 8 * 3_600_000).toISOString().slice(0, 7);
}

/** So many months before or after it. */
export function monthsFrom(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const whole = year * 12 + (number - 1) + by;
  return `${Math.floor(whole / 12)}-${String((whole % 12) + 1).padStart(2, "0")}`;
}

const DAY_US = 86_400_000_000;

/** The last month whose areas are told: it ended two days ago or earlier, as the server has it. */
export function newestTold(at_us: number): string {
  return monthsFrom(monthOf(at_us - 2 * DAY_US), -1);
}

export const isMonth = (text: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);

/** Nobody records before this, and nothing is asked for of years that are half typed: `0002-11` is a month, too. */
const YEAR_MIN = "2000";

/** What is wrong with a month that is being typed; null: it can be asked for. The texts stand under `answers.fault_…`. */
export function monthFault(text: string, now: string): "not_whole" | "future" | null {
  if (!isMonth(text) || text < YEAR_MIN) return "not_whole";
  return text > now ? "future" : null;
}

/** As the server has it. */
export const MONTHS_MAX = 36;

/** The same of two months; what is wrong with both together is said at the end. */
export function monthsFault(from: string, until: string, now: string) {
  const faults = { from: monthFault(from, now), until: monthFault(until, now) };
  if (faults.from !== null || faults.until !== null) return faults;
  if (until < from) return { ...faults, until: "before_from" as const };
  return until > monthsFrom(from, MONTHS_MAX - 1) ? { ...faults, until: "too_many" as const } : faults;
}
