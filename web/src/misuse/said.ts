// What people write here has a least and a greatest length, as the server has it.

import type { MisuseAlert } from "../app/api/types.misuse";

export const TEXT_CHARS_MIN = 2;
export const TEXT_CHARS_MAX = 2000;

export function isSaid(text: string): boolean {
  const count = [...text.trim()].length;
  return count >= TEXT_CHARS_MIN && count <= TEXT_CHARS_MAX;
}

const EXPECTED_SHOWN_MIN = 0.01;

/** How many work leads one to expect: a small number is a small number, not zero. */
export function expectedOf(expected: number): string {
  return expected < EXPECTED_SHOWN_MIN ? "< 0.01" : expected.toFixed(expected < 10 ? 2 : 0);
}

/** One in how many turns chance would make such a hint; nothing where a rule decides. */
export function chanceOf(alert: Pick<MisuseAlert, "by_chance">): string | null {
  if (alert.by_chance === null) return null;
  if (alert.by_chance < 1e-6) return "< 0.000001";
  return alert.by_chance.toPrecision(1);
}
