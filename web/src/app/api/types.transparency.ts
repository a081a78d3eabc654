// What everybody may know: numbers of whole months.

export interface TransparencyLine {
  line: string;
  purpose: string;
  link: "live" | "unlinked" | "no_case" | "none";
  /** Null when it is too small to be told. */
  count: number | null;
}

export interface TransparencyMonth {
  month: string;
  lines: TransparencyLine[];
  counted_to_seq: number;
}

export interface Transparency {
  told_min: number;
  log_key: string;
  months: TransparencyMonth[];
}
