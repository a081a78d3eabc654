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

export const isMonth = (text: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
