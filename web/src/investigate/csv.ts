// What is on the screen, as a file that a spreadsheet opens without running anything.

export type Cell = string | number | null;

/** Spreadsheets run a cell that begins like a formula. */
export function cell(value: Cell): string {
  const text = value === null ? "" : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function csvText(heads: string[], rows: Cell[][]): string {
  const lines = [heads, ...rows].map((line) => line.map(cell).join(","));
  // The mark tells Excel that this is UTF-8.
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

export function fileName(...parts: string[]): string {
  const clean = parts.map((part) => part.replace(/[^\w-]+/g, "_").replace(/^_+|_+$/g, "")).filter(Boolean);
  return `${clean.join("-") || "shouhu"}.csv`;
}

export function saveFile(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // A busy browser begins to save long after the click; what it has not read by then it gives up without a word.
  setTimeout(() => URL.revokeObjectURL(link.href), 120_000);
}
