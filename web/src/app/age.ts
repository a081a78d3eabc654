// Times as people say them. The server counts microseconds in UTC; screens show Asia/Taipei.

import { useSyncExternalStore } from "react";
import type { Micros } from "./api/types";

export type AgeUnit = "now" | "seconds" | "minutes" | "hours" | "days";

export interface Age {
  unit: AgeUnit;
  count: number;
  isFuture: boolean;
}

/** Rounds down, so that nothing looks older than it is. */
export function ageOf(at_us: Micros, now_ms: number): Age {
  const difference_s = Math.floor(now_ms / 1000 - at_us / 1_000_000);
  const isFuture = difference_s < 0;
  const seconds = Math.abs(difference_s);
  if (seconds < 5) return { unit: "now", count: 0, isFuture: false };
  if (seconds < 60) return { unit: "seconds", count: seconds, isFuture };
  if (seconds < 3600) return { unit: "minutes", count: Math.floor(seconds / 60), isFuture };
  if (seconds < 86_400) return { unit: "hours", count: Math.floor(seconds / 3600), isFuture };
  return { unit: "days", count: Math.floor(seconds / 86_400), isFuture };
}

export const STALE_POSITION_MS = 120_000;

/** A position nobody has measured is as useless as an old one. */
export function isStale(at_us: Micros | null, now_ms: number): boolean {
  return at_us === null || now_ms - at_us / 1000 > STALE_POSITION_MS;
}

const ZONE = "Asia/Taipei";
const full = new Intl.DateTimeFormat("sv-SE", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** `2026-11-21 17:03:09` in Taipei. */
export function taipei(at_us: Micros): string {
  return full.format(at_us / 1000);
}

export function taipeiTime(at_us: Micros): string {
  return taipei(at_us).slice(11);
}

export function taipeiDay(at_us: Micros): string {
  return taipei(at_us).slice(0, 10);
}

/** Reads the value of a `datetime-local` field as Taipei time, whatever zone the browser is in. */
export function microsFromTaipei(local: string): Micros | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(local);
  if (!match) return null;
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`);
  return Number.isNaN(ms) ? null : ms * 1000;
}

/** For a `datetime-local` field: `2026-11-21T17:03`. */
export function taipeiField(at_us: Micros): string {
  return taipei(at_us).slice(0, 16).replace(" ", "T");
}

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) {
    // Nobody has looked at the clock since it stopped; until the first tick everything would seem to lie ahead.
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const tell of listeners) tell();
    }, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** One clock for the whole screen, so that no two ages disagree. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A leaf's object names moments as the server counts them; a person reads a date. Plates and numbers of ours are shorter. */
export const readable = (object: string): string =>
  object.replace(/(?<!\d)\d{16}(?!\d)/g, (micros) => taipei(Number(micros)));
