// Where what a caller says may be, and the files that it is known from.

import type { Micros, Wgs84 } from "./types";

export type PlaceKind =
  | "exact_number"
  | "known_crossing"
  | "known_mouth"
  | "known_mark"
  | "crossing_of_lines"
  | "between_marks"
  | "between_numbers"
  | "beside_number"
  | "mouth_by_number"
  | "crossing_of_records"
  | "lane"
  | "settlement"
  | "pole"
  | "landmark"
  | "highway"
  | "street"
  | "village"
  | "town";

export interface PlaceRemark {
  key: string;
  params: Record<string, string>;
}

export interface PlaceCandidate {
  /** As an office writes it. */
  address: string;
  position: Wgs84;
  /** Four of five such places lie within. */
  radius_m: number;
  kind: PlaceKind;
  score: number;
  town: string | null;
  /** What is near: it tells places of one name apart. */
  beside: string | null;
  /** It begins as the text does and says more. */
  is_completion: boolean;
  doubts: PlaceRemark[];
}

export interface FoundPlaces {
  items: PlaceCandidate[];
  /** Several are as good as the first: ask the caller. */
  is_ambiguous: boolean;
  why_not: PlaceRemark[];
  unread: string[];
}

/** What was read of an address file. */
export interface AddressReport {
  entries: number;
  towns: number;
  villages: number;
  addresses: number;
  /** Counts by reason. */
  left_out: Record<string, number>;
  /** The first that were left out, by feature or row. */
  examples: { at: number; why: string; text: string }[];
}

export interface AddressFile {
  source: string;
  version: number;
  attribution: string;
  imported_at_us: Micros;
  report: AddressReport;
}

export interface AddressesImported {
  /** Null after a dry run. */
  version: number | null;
  report: AddressReport;
}
