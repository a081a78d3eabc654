// Which column of a partner's files is what: what a form holds, and what the server would refuse, said before it is sent.

import type { FeedMapping } from "../../app/api/types.feeds";

export const COLUMNS = [
  "plate",
  "time",
  "date",
  "site",
  "trip",
  "direction",
  "in_out",
  "confidence",
  "speed_kmh",
] as const satisfies (keyof FeedMapping)[];
export type MappedColumn = (typeof COLUMNS)[number];

/** Rows are passages, or whole trips as in the freeway bureau's M06A. */
export const ROW_KINDS = ["passage", "trip"] as const;
export type RowKind = (typeof ROW_KINDS)[number];

const OF_PASSAGES: MappedColumn[] = [
  "time",
  "date",
  "site",
  "direction",
  "in_out",
  "confidence",
  "speed_kmh",
];

export function columnsOf(kind: RowKind): MappedColumn[] {
  return kind === "trip" ? ["plate", "trip"] : ["plate", ...OF_PASSAGES];
}

export function neededOf(kind: RowKind): MappedColumn[] {
  return kind === "trip" ? ["plate", "trip"] : ["plate", "time", "site"];
}

export const NEW_MAPPING: FeedMapping = {
  plate: "",
  time: null,
  date: null,
  site: null,
  trip: null,
  direction: null,
  in_out: null,
  confidence: null,
  speed_kmh: null,
  time_form: "auto",
  zone_minutes: null,
  in_words: [],
  out_words: [],
  format: null,
  charset: "auto",
  delimiter: null,
  has_heading: true,
  late_after_h: null,
};

export function rowKindOf(mapping: FeedMapping): RowKind {
  return mapping.trip ? "trip" : "passage";
}

/** Blank is absent; what belongs to the other kind of row is left out. */
export function cleaned(mapping: FeedMapping, kind: RowKind): FeedMapping {
  const wanted = columnsOf(kind);
  const made = { ...mapping, plate: mapping.plate.trim() };
  for (const column of COLUMNS) {
    if (column === "plate") continue;
    const name = mapping[column]?.trim();
    made[column] = name && wanted.includes(column) ? name : null;
  }
  return made;
}

export type MappingProblem = "missing" | "number" | "no_heading" | "twice";

const COLUMNS_MAX = 128;

/** Column by column; words under `feed.column_wrong_*`. */
export function mappingProblems(
  mapping: FeedMapping,
  kind: RowKind,
): Partial<Record<MappedColumn, MappingProblem>> {
  const clean = cleaned(mapping, kind);
  const found: Partial<Record<MappedColumn, MappingProblem>> = {};
  const needed = neededOf(kind);
  const names = COLUMNS.map((column) => clean[column]?.toLowerCase() ?? "");
  for (const [at, column] of COLUMNS.entries()) {
    const name = names[at] ?? "";
    if (name === "") {
      if (needed.includes(column)) found[column] = "missing";
      continue;
    }
    const number = /^#(\d+)$/.exec(name);
    if (name.startsWith("#") && !(number && Number(number[1]) >= 1 && Number(number[1]) <= COLUMNS_MAX))
      found[column] = "number";
    else if (!mapping.has_heading && !number) found[column] = "no_heading";
    else if (names.indexOf(name) < at) found[column] = "twice";
  }
  return found;
}

/** Words as people part them. */
export function wordsOf(text: string): string[] {
  return text.split(/[,，、\s]+/).filter(Boolean);
}
