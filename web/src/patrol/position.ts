// Where the phone is. Only the newest position counts, so an unsent one is replaced, not queued.

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { units } from "../app/api/calls";
import type { ReportPosition, Wgs84 } from "../app/api/types";
import { distance_m } from "../app/say";

export interface Posted {
  report: ReportPosition;
  at_ms: number;
}

const EACH_MOVING_MS = 5_000;
const MOVED_M = 8;
/** Well under the two minutes after which a unit is drawn as stale. */
const EACH_STILL_MS = 45_000;

/** Each five seconds while it moves, each three quarters of a minute while it stands. */
export function isDue(last: Posted | null, next: ReportPosition, now_ms: number): boolean {
  if (!last) return true;
  const waited = now_ms - last.at_ms;
  if (waited >= EACH_STILL_MS) return true;
  return waited >= EACH_MOVING_MS && distance_m(last.report.position, next.position) >= MOVED_M;
}

/** Where this phone was last, for whatever page is open. */
let lastHere: ReportPosition | null = null;
const listeners = new Set<() => void>();

export const currentHere = (): ReportPosition | null => lastHere;

export function useHere(): ReportPosition | null {
  return useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, currentHere);
}

export type PositionState = "off" | "waiting" | "on" | "denied" | "unavailable";

export function usePosition(isOn: boolean): { state: PositionState; here: ReportPosition | null } {
  const [state, setState] = useState<PositionState>("off");
  const [here, setHere] = useState<ReportPosition | null>(null);
  const last = useRef<Posted | null>(null);
  const newest = useRef<ReportPosition | null>(null);

  useEffect(() => {
    if (!isOn) {
      setState("off");
      return;
    }
    if (!("geolocation" in navigator)) {
      setState("unavailable");
      return;
    }
    setState("waiting");
    const post = () => {
      const report = newest.current;
      if (!report || !isDue(last.current, report, Date.now())) return;
      const before = last.current;
      last.current = { report, at_ms: Date.now() };
      units.position(report).catch(() => {
        last.current = before;
      });
    };
    const watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        const report: ReportPosition = {
          position: { lon: coords.longitude, lat: coords.latitude },
          measured_at_us: Math.round(timestamp * 1000),
          accuracy_m: coords.accuracy,
          heading_deg: coords.heading !== null && Number.isFinite(coords.heading) ? coords.heading : null,
        };
        newest.current = report;
        lastHere = report;
        for (const tell of listeners) tell();
        setState("on");
        setHere(report);
        post();
      },
      (error) => setState(error.code === error.PERMISSION_DENIED ? "denied" : "unavailable"),
      { enableHighAccuracy: true, maximumAge: 2_000, timeout: 30_000 },
    );
    const timer = setInterval(post, EACH_MOVING_MS);
    return () => {
      navigator.geolocation.clearWatch(watch);
      clearInterval(timer);
    };
  }, [isOn]);

  return { state, here };
}

/** A place this old still says where somebody who has just walked up stands. */
const FRESH_US = 5_000_000;
const WAIT_MS = 12_000;

export interface Fix {
  position: Wgs84;
  accuracy_m: number | null;
}

export function isFreshFix(here: ReportPosition | null, now_us: number): here is ReportPosition {
  return here !== null && now_us - here.measured_at_us < FRESH_US;
}

/** Where the phone is now: what it knows already, or what it finds out within some seconds; null without leave or sky. */
export function positionNow(here: ReportPosition | null): Promise<Fix | null> {
  if (isFreshFix(here, Date.now() * 1000)) {
    return Promise.resolve({ position: here.position, accuracy_m: here.accuracy_m ?? null });
  }
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          position: { lon: coords.longitude, lat: coords.latitude },
          accuracy_m: coords.accuracy,
        }),
      () => resolve(null),
      { enableHighAccuracy: true, maximumAge: 0, timeout: WAIT_MS },
    );
  });
}
