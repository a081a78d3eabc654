// What somebody types as a plate, as the server reads it: forgiving about width, case, marks and look-alike signs.

export interface PlateText {
  /** Upper case, half width, no separators; `?` one character, `*` any number. */
  text: string;
  known: number;
  unknown: number;
  hasMany: boolean;
  /** Characters that no plate has. */
  wrong: string[];
}

export const KNOWN_MIN = 3;
const SEPARATORS = /[\s\-‐‑‒–—―−·・.．,，]/g;

export function normalPlate(typed: string): string {
  return typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[_＿□]/g, "?")
    .replace(/%/g, "*")
    .replace(SEPARATORS, "")
    .replace(/\*{2,}/g, "*");
}

export function readPlate(typed: string): PlateText {
  const text = normalPlate(typed);
  const all = [...text];
  return {
    text,
    known: all.filter((c) => /[0-9A-Z]/.test(c)).length,
    unknown: all.filter((c) => c === "?").length,
    hasMany: text.includes("*"),
    wrong: [...new Set(all.filter((c) => !/[0-9A-Z?*]/.test(c)))],
  };
}

export function isPattern(plate: PlateText): boolean {
  return plate.unknown > 0 || plate.hasMany;
}

/** Several plates in one field, however they are divided; each once, in the order typed. */
export function readPlates(typed: string): PlateText[] {
  const parts = typed.normalize("NFKC").split(/[\s,、;；/]+/);
  const read = parts.map(readPlate).filter((plate) => plate.text !== "");
  return read.filter((plate, at) => read.findIndex((other) => other.text === plate.text) === at);
}

/** Places where two plates of one length differ; for marking what was read otherwise. */
export function differences(asked: string, found: string): number[] {
  const a = normalPlate(asked);
  const b = normalPlate(found);
  if (a.length !== b.length) return [];
  return [...b].flatMap((character, at) => (character === a[at] || "?*".includes(a[at] ?? "") ? [] : [at]));
}
