// What is on the screen, as a file that a spreadsheet opens without running anything.

import { taipei } from "../app/age";
import type { Sighting } from "../app/api/types";

/** Spreadsheets run a cell that begins like a formula. */
export function cell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function sightingsCsv(rows: Sighting[], heads: string[]): string {
  const lines = rows.map((s) =>
    [
      s.plate_display,
      taipei(s.captured_at_us),
      s.place_name,
      s.position?.lat ?? null,
      s.position?.lon ?? null,
      s.confidence,
      s.direction,
      s.speed_kmh,
      s.id,
    ]
      .map(cell)
      .join(","),
  );
  // The mark tells Excel that this is UTF-8.
  return `\uFEFF${[heads.map(cell).join(","), ...lines].join("\r\n")}\r\n`;
}

export function saveFile(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
