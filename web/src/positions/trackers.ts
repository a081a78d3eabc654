// How trackers stand, and which of them want somebody's eye first.

import type { Tracker, TrackerState, UnitPosition } from "../app/api/types.positions";

const ORDER: Record<TrackerState, number> = { error: 0, stale: 1, never_seen: 2, online: 3, revoked: 4 };

export function ordered(trackers: Tracker[]): Tracker[] {
  return [...trackers].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || a.name.localeCompare(b.name, "zh-Hant-TW"),
  );
}

export function isOdd(tracker: Pick<Tracker, "state">): boolean {
  return tracker.state === "error" || tracker.state === "stale";
}

export function refusedCount(tracker: Pick<Tracker, "refused_7d">): number {
  return Object.values(tracker.refused_7d).reduce((sum, count) => sum + count, 0);
}

/** The most frequent reason first. */
export function refusals(tracker: Pick<Tracker, "refused_7d">): { key: string; count: number }[] {
  return Object.entries(tracker.refused_7d)
    .map(([key, count]) => ({ key, count }))
    .sort((a, b) => b.count - a.count || a.key.localeCompare(b.key));
}

/** The newest position that came from it, where the unit's newest is of it. */
export function positionOf(tracker: Pick<Tracker, "id">, positions: UnitPosition[]): UnitPosition | null {
  return positions.find(({ source }) => source.kind === "tracker" && source.id === tracker.id) ?? null;
}

export function matches(tracker: Tracker, unitName: string, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  const all = [tracker.name, tracker.device ?? "", unitName, tracker.protocol];
  return wanted === "" || all.some((part) => part.toLowerCase().includes(wanted));
}
