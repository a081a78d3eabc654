// How loud the overdue checks of a console are.

import type { Check } from "../app/api/types.shifts";

/** Overdue for the most pressing priority sounds like a cry for help; for the next, again and again; for others, once. */
export type Loudness = "siren" | "repeated" | "once" | "silent";

/** `handled`: what somebody at this console is dealing with right now. */
export function loudness(checks: Check[], handled: string | null): Loudness {
  const loud = checks.filter((one) => one.state === "overdue" && one.id !== handled);
  const most = Math.min(...loud.map((one) => one.priority));
  if (loud.length === 0) return "silent";
  if (most <= 1) return "siren";
  return most === 2 ? "repeated" : "once";
}
