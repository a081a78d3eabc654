// The register's order and search: what records nothing or soon will not comes first.

import type { RegisterLine, RegisterState } from "../app/api/types.register";

export const DAY_MS = 86_400_000;
export const STATES: RegisterState[] = ["stopped", "due", "new", "reviewed"];
/** More rows than a person reads; searching finds the others. */
export const SHOWN_MAX = 500;

export function inOrder(lines: RegisterLine[]): RegisterLine[] {
  const rank = (line: RegisterLine) => STATES.indexOf(line.state);
  return [...lines].sort(
    (a, b) => rank(a) - rank(b) || a.until_us - b.until_us || a.name.localeCompare(b.name, "zh-Hant"),
  );
}

/** Those in this state whose name, purpose or notice holds every word. */
export function matching(lines: RegisterLine[], words: string, state: string): RegisterLine[] {
  const wanted = words.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter((line) => {
    if (state !== "all" && line.state !== state) return false;
    const text = `${line.name} ${line.review?.purpose ?? ""} ${line.review?.notice ?? ""}`
      .normalize("NFKC")
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
