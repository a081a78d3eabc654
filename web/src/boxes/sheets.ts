// Codes onto paper: which label goes where, and how its text is broken for a thumb that has to type it.

import type { BoxCode } from "../app/api/types.patrol";

/** Two columns of four on A4. */
export const PER_SHEET = 8;

/** Pages of labels. `skipped`: places at the start of the first page that an earlier print has used up. */
export function sheetsOf(codes: BoxCode[], skipped = 0): (BoxCode | null)[][] {
  if (codes.length === 0) return [];
  const used = Math.min(Math.max(Math.trunc(skipped), 0), PER_SHEET - 1);
  const places: (BoxCode | null)[] = [...Array<null>(used).fill(null), ...codes];
  const sheets: (BoxCode | null)[][] = [];
  for (let at = 0; at < places.length; at += PER_SHEET) {
    const sheet = places.slice(at, at + PER_SHEET);
    // The last page keeps its grid, so that the cut marks fit on every page.
    while (sheet.length < PER_SHEET) sheet.push(null);
    sheets.push(sheet);
  }
  return sheets;
}

const GROUP = 4;

/** `SH1:P` and then groups of four. The blanks are dropped again when somebody types them. */
export function typedLines(text: string): string[] {
  const [head = "", kind = "", ...parts] = text.split(":");
  if (parts.length === 0) return [text];
  const groups = (part: string) => part.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join(" ") ?? "";
  return [`${head}:${kind}:`, ...parts.map((part, at) => groups(part) + (at < parts.length - 1 ? " :" : ""))];
}
