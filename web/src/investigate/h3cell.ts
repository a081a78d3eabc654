// H3 cell indexes as text: what makes one can be read from its bits, without the library that knows where it lies.

/** Cells that one question may name; the server takes more, an address and a person do not. */
export const CELLS_MAX = 200;

export type CellProblem = "hex" | "length" | "mode" | "base" | "digits";

export interface CellsRead {
  /** Lower case, each once, in the order pasted. */
  cells: string[];
  wrong: { text: string; problem: CellProblem }[];
}

const DIGITS = 15;
const BASE_CELLS = 122;

function bits(index: bigint, from: number, count: number): number {
  return Number((index >> BigInt(from)) & ((1n << BigInt(count)) - 1n));
}

export function resolutionOf(cell: string): number {
  return bits(BigInt(`0x${cell}`), 52, 4);
}

/** Null for a cell. H3 v4: mode 1 in bits 59–62, resolution 52–55, base cell 45–51, then 15 digits of three bits. */
export function cellProblem(text: string): CellProblem | null {
  if (!/^[0-9a-f]+$/.test(text)) return "hex";
  if (text.length !== DIGITS) return "length";
  const index = BigInt(`0x${text}`);
  // Edges and corners have indexes too.
  if (bits(index, 59, 5) !== 1 || bits(index, 56, 3) !== 0) return "mode";
  if (bits(index, 45, 7) >= BASE_CELLS) return "base";
  const resolution = bits(index, 52, 4);
  for (let at = 1; at <= DIGITS; at += 1) {
    const digit = bits(index, (DIGITS - at) * 3, 3);
    if (at <= resolution === (digit === 7)) return "digits";
  }
  return null;
}

/** However they are divided: lines, commas, blanks, or a JSON array. */
export function readCells(typed: string): CellsRead {
  const found: CellsRead = { cells: [], wrong: [] };
  for (const part of typed.normalize("NFKC").split(/[\s,;、；"'[\]]+/)) {
    if (part === "") continue;
    const text = part
      .toLowerCase()
      .replace(/^0x/, "")
      .replace(/^0(?=.{15}$)/, "");
    const problem = cellProblem(text);
    if (problem) found.wrong.push({ text: part, problem });
    else if (!found.cells.includes(text)) found.cells.push(text);
  }
  return found;
}
