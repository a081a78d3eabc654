// Streets covered 街道涵蓋, and the chief's report; schema.check.ts holds them against the server's schema.

import type { Micros } from "./types";

export const STREET_WINDOWS = ["shift", "day", "week"] as const;
export type StreetWindow = (typeof STREET_WINDOWS)[number];
/** Open: not driven, or a lane that one crew alone drove. */
export type StreetState = "covered" | "stale" | "open";
export type StreetKind = "motorway" | "through" | "local";

export interface StreetMetres {
  length_m: number;
  covered_m: number;
  stale_m: number;
  open_m: number;
}

export interface StreetArea extends StreetMetres {
  station: string;
  beat: string;
}

/** All pieces of one name in one beat. */
export interface StreetRow extends StreetMetres {
  name: string;
  station: string;
  beat: string;
  last_us: Micros | null;
}

export interface StreetCoverage extends StreetMetres {
  window: StreetWindow;
  from_us: Micros;
  now_us: Micros;
  /** Null while no map is imported. */
  map_version: number | null;
  counted_until_us: Micros | null;
  matched_share: number | null;
  kept_days: number;
  crews_min: number;
  areas: StreetArea[];
  streets: StreetRow[];
  is_cut: boolean;
}

export interface StreetLine {
  id: number;
  name: string;
  kind: StreetKind;
  is_one_way: boolean;
  length_m: number;
  state: StreetState;
  /** Passages along the line; null where that may not be told. */
  forward: number | null;
  backward: number | null;
  last_us: Micros | null;
  line: [number, number][];
}

export interface StreetLines {
  map_version: number | null;
  items: StreetLine[];
  is_cut: boolean;
}
