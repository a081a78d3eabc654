// The columns of a sample file, so that nobody has to type headings. Nothing of it leaves the browser.

export interface Sample {
  /** Headings; `#1`, `#2` … where there are none. */
  columns: string[];
  /** The first row, by column. */
  first: Record<string, string>;
}

/** A heading and a few rows. */
const BYTES_LOOKED_AT = 64 * 1024;

function decoded(bytes: ArrayBuffer): string {
  const mark = new Uint8Array(bytes.slice(0, 2));
  if (mark[0] === 0xff && mark[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (mark[0] === 0xfe && mark[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // The last character may be cut through: `stream` waits for its rest.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("big5").decode(bytes);
  }
}

/** Cells of the first lines; marks around a cell may hold a delimiter or a line's end. */
export function cellsOf(text: string, delimiter: string, lines: number): string[][] {
  const found: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === delimiter || character === "\n")) {
      found.at(-1)?.push(cell.trim());
      cell = "";
      if (character === "\n") {
        if (found.length === lines) return found;
        found.push([]);
      }
    } else cell += character;
  }
  found.at(-1)?.push(cell.trim());
  return found;
}

function delimiterOf(line: string): string {
  const count = (mark: string) => line.split(mark).length;
  return [",", "\t", ";", "|"].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

export function readSample(text: string, hasHeading: boolean, delimiter: string | null): Sample | null {
  const plain = text.replace(/^\uFEFF/, "").trimStart();
  if (plain.startsWith("{") || plain.startsWith("[")) {
    // The first object, whatever follows it.
    const object = /{[^{}]*}/.exec(plain)?.[0];
    try {
      const fields = JSON.parse(object ?? "") as Record<string, unknown>;
      const first = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
      return { columns: Object.keys(first), first };
    } catch {
      return null;
    }
  }
  const [top = "", ...rest] = plain.split("\n", 2);
  const [heads = [], row = []] = cellsOf(plain, delimiter ?? delimiterOf(top + (rest[0] ?? "")), 2);
  const columns = hasHeading ? heads : heads.map((_, at) => `#${at + 1}`);
  const values = hasHeading ? row : heads;
  const first = Object.fromEntries(columns.map((name, at) => [name, values[at] ?? ""]));
  return columns.some((name) => name !== "") ? { columns: columns.filter(Boolean), first } : null;
}

/** Null where a browser cannot read the columns: Parquet, or no table at all. */
export async function sampleText(file: Blob): Promise<string | null> {
  const bytes = await file.slice(0, BYTES_LOOKED_AT).arrayBuffer();
  const head = new TextDecoder("latin1").decode(bytes.slice(0, 4));
  return head === "PAR1" ? null : decoded(bytes);
}
