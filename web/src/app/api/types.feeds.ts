// Feeds 介接資料: what partners' gantries, car parks and sites send as files; mirrors domains/sightings/src/feeds.

import type { Id, Micros, Wgs84 } from "./types";

export type FeedClass = "gantry" | "parking" | "partner";
export const FEED_CLASSES: FeedClass[] = ["gantry", "parking", "partner"];

export type TimeForm = "auto" | "unix_s" | "unix_ms" | "unix_us";
export const TIME_FORMS: TimeForm[] = ["auto", "unix_s", "unix_ms", "unix_us"];
export type FeedFormat = "csv" | "json_lines" | "json_array" | "parquet";
export const FEED_FORMATS: FeedFormat[] = ["csv", "json_lines", "json_array", "parquet"];
export type FeedCharset = "auto" | "utf-8" | "cp950";
export const FEED_CHARSETS: FeedCharset[] = ["auto", "utf-8", "cp950"];

/** Columns by heading, or by number: `#1` is the first. */
export interface FeedMapping {
  plate: string;
  time: string | null;
  date: string | null;
  site: string | null;
  /** A whole trip in one cell; then there is no time and site. */
  trip: string | null;
  direction: string | null;
  in_out: string | null;
  confidence: string | null;
  speed_kmh: string | null;
  time_form: TimeForm;
  zone_minutes: number | null;
  in_words: string[];
  out_words: string[];
  format: FeedFormat | null;
  charset: FeedCharset;
  delimiter: string | null;
  has_heading: boolean;
  late_after_h: number | null;
}

export interface Refusal {
  line: number;
  column: string;
  /** Absent in reports that were kept: it may be somebody's plate. */
  value?: string;
  key: string;
  reason: string;
}

export interface FeedReport {
  rows: number;
  passages: number;
  accepted: number;
  late: number;
  duplicates: number;
  refused: number;
  refused_for: { key: string; rows: number }[];
  /** The first hundred. */
  refusals: Refusal[];
  cells_ignored: number;
  format: FeedFormat;
  charset: string | null;
  columns_unused: string[];
  /** Why reading ended before the end of the file. */
  cut: string | null;
  is_dry_run: boolean;
}

export interface FeedPush {
  id: string;
  arrived_at_us: Micros;
  via: "push" | "upload" | "drop" | "command_line";
  by_name: string;
  file_name: string;
  content_hash: string;
  bytes: number;
  report: FeedReport;
}

export interface Feed {
  name: string;
  title: string;
  class: FeedClass | "passage" | "kept";
  mapping: FeedMapping;
  device: Id | null;
  expires_at_us: Micros | null;
  created_at_us: Micros;
  created_by_name: string;
  ended_at_us: Micros | null;
  sites: number;
  last_push: FeedPush | null;
}

export interface FeedSite {
  code: string;
  name: string;
  position: Wgs84;
}

export interface DefineFeed {
  name: string;
  title: string;
  class: Feed["class"];
  mapping: FeedMapping;
  device: Id | null;
  expires_at_us: Micros | null;
}
