// Windows of time: a length that ends now, or two times in Taipei.

import { microsFromTaipei } from "../app/age";
import type { Micros } from "../app/api/types";

export const PRESETS = ["1h", "6h", "24h", "7d", "30d", "90d", "365d"] as const;
export type Preset = (typeof PRESETS)[number];

const HOUR_US = 3_600_000_000;
export const DAY_US = 24 * HOUR_US;

const LENGTH_US: Record<Preset, number> = {
  "1h": HOUR_US,
  "6h": 6 * HOUR_US,
  "24h": DAY_US,
  "7d": 7 * DAY_US,
  "30d": 30 * DAY_US,
  "90d": 90 * DAY_US,
  "365d": 365 * DAY_US,
};

export interface Span {
  preset: Preset | null;
  /** Values of `datetime-local` fields; used when there is no preset. */
  from: string;
  until: string;
}

export interface Window {
  from_us: Micros;
  until_us: Micros;
}

export type SpanProblem = "range_wrong" | "range_missing" | "range_wide";

export function lengthOf(preset: Preset): number {
  return LENGTH_US[preset];
}

export function isPreset(text: string | null): text is Preset {
  return PRESETS.includes(text as Preset);
}

/** The longest preset that a question allows, when the wanted one is longer. */
export function within(preset: Preset, allowed: readonly Preset[]): Preset {
  if (allowed.includes(preset)) return preset;
  const shorter = allowed.filter((one) => LENGTH_US[one] <= LENGTH_US[preset]);
  return shorter.at(-1) ?? allowed[0] ?? preset;
}

export function windowOf(span: Span, now_ms: number): Window | null {
  const now_us = now_ms * 1000;
  if (span.preset) return { from_us: now_us - LENGTH_US[span.preset], until_us: now_us };
  const from_us = microsFromTaipei(span.from);
  if (from_us === null) return null;
  return { from_us, until_us: microsFromTaipei(span.until) ?? now_us };
}

export function checkSpan(span: Span, max_us: number, now_ms: number): SpanProblem | null {
  const window = windowOf(span, now_ms);
  if (!window) return "range_missing";
  if (window.from_us >= window.until_us) return "range_wrong";
  // Half a minute of grace: a field has minutes, the clock has seconds.
  return window.until_us - window.from_us > max_us + 30_000_000 ? "range_wide" : null;
}
