// What the page decides by itself, as plain functions: when a place is worth sending, what an answer means, what is on the thread.

import { ApiError, OfflineError } from "../app/api/client";
import type { CallerWord } from "../app/api/types.caller";

/** As the server has it. */
export const WORD_CHARS_MAX = 500;
/** The server keeps one a second; a battery and a bad line are better off with less. */
const SEND_EVERY_MS = 3_000;
/** Somebody who stands still is told of again, so that the place does not look old. */
const SEND_ANYWAY_MS = 15_000;
const MOVED_M = 10;
/** A circle that is so much smaller is news. */
const BETTER = 0.75;

export interface Fix {
  lon: number;
  lat: number;
  accuracy_m: number;
  /** On this phone's clock, which may be wrong: only differences count. */
  measured_ms: number;
}

const RADIANS = Math.PI / 180;
const EARTH_M = 6_371_000;

export function distance_m(a: Fix, b: Fix): number {
  const dx = (b.lon - a.lon) * Math.cos(((a.lat + b.lat) / 2) * RADIANS);
  return Math.hypot(dx, b.lat - a.lat) * RADIANS * EARTH_M;
}

/** Whether a fix says what the one that was sent did not. */
export function isWorthSending(
  fix: Fix,
  last: { fix: Fix; sent_ms: number } | null,
  now_ms: number,
): boolean {
  if (!last) return true;
  const since_ms = now_ms - last.sent_ms;
  // A clock that was set back must not end the sending.
  if (since_ms >= 0 && since_ms < SEND_EVERY_MS) return false;
  const isBetter = fix.accuracy_m < last.fix.accuracy_m * BETTER;
  const hasMoved =
    distance_m(fix, last.fix) > Math.max(MOVED_M, Math.min(fix.accuracy_m, last.fix.accuracy_m) / 2);
  return isBetter || hasMoved || since_ms < 0 || since_ms >= SEND_ANYWAY_MS;
}

export type End = "expired" | "revoked" | "ended" | "unknown";

const ENDS: Record<string, End> = {
  "dispatch.caller.expired": "expired",
  "dispatch.caller.revoked": "revoked",
  "dispatch.caller.ended": "ended",
  "dispatch.caller.unknown": "unknown",
};

/** The link opens nothing any more; null for every other trouble. */
export function endOf(error: unknown): End | null {
  return error instanceof ApiError ? (ENDS[error.key] ?? null) : null;
}

/** What is worth trying again as it is: the network, a server that is busy, a pace that was too fast. */
export function isPassing(error: unknown): boolean {
  if (error instanceof OfflineError) return true;
  return error instanceof ApiError && (error.status >= 500 || error.status === 429 || error.status === 408);
}

/** The token behind `#`; null where there is none. */
export function tokenOf(hash: string): string | null {
  const token = hash.replace(/^#\/?/, "").trim();
  return /^[\w-]{20,64}$/.test(token) ? token : null;
}

/** A message of the caller's own that the server has not told back yet. */
export interface Pending {
  key: string;
  text: string;
  /** Why it was refused, and is not tried again. */
  refused: string | null;
}

/** What came, after what was there: each message once, in order. */
export function joined(known: CallerWord[], came: CallerWord[]): CallerWord[] {
  const last = known.at(-1)?.seq ?? 0;
  const fresh = came.filter((word) => word.seq > last).sort((a, b) => a.seq - b.seq);
  return fresh.length > 0 ? [...known, ...fresh] : known;
}

export const lastSeq = (words: CallerWord[]): number => words.at(-1)?.seq ?? 0;
