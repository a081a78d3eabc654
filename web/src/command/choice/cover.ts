import type { CoverCell } from "../../app/api/types.choice";

/** Cells that no idle unit reaches in time, the most needed first. */
export function coverGaps(cells: CoverCell[]): CoverCell[] {
  return cells.filter((cell) => cell.units === 0 && cell.share > 0).sort((a, b) => b.share - a.share);
}
