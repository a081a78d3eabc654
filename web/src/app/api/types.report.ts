// The station chief's report 勤務報表; schema.check.ts holds it against the server's schema.

import type { Id, Micros } from "./types";
import type { Tally, UnitWork } from "./types.tours";

export type ReportBy = "week" | "month";

/** So many of so many, with the 95 % interval. */
export interface ReportShare {
  part: number;
  whole: number;
  share: number;
  low: number;
  high: number;
}

export interface ReportVisits {
  on_time: number;
  late: number;
  /** Whole intervals in which nobody came. */
  missed: number;
  on_time_share: ReportShare | null;
}

export interface ReportStreets {
  days: number;
  mean: number;
  low: number;
  high: number;
}

export interface ReportPeriod {
  from_us: Micros;
  until_us: Micros;
  is_over: boolean;
  visits: ReportVisits;
  doubtful: number;
  refused: number;
  plans: number;
  tally: Tally;
  done_share: ReportShare | null;
  units: number;
  standing_s: number;
  driving_s: number;
  hit_share: ReportShare | null;
  hits_expected: number;
  streets: ReportStreets | null;
}

export interface ReportBox {
  id: Id;
  number: string;
  name: string;
  station: string;
  beat: string;
  visits: ReportVisits;
  /** 0: a watcher can set the clock by it. */
  hour_entropy: number | null;
  guessed: ReportShare | null;
}

export interface PatrolReport {
  by: ReportBy;
  station: string;
  boxes_in_use: number;
  periods: ReportPeriod[];
  boxes: ReportBox[];
  units: UnitWork[];
  hour_entropy: number | null;
  guessed: ReportShare | null;
  is_cut: boolean;
}
