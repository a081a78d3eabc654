// Trackers, and tracks under a purpose and a case.

import { ask, groundsQuery, newKey, pathWithQuery } from "./client";
import type { Grounds, Id, Micros, Page } from "./types";
import type * as P from "./types.positions";

const TRACKERS = "/v1/positions/trackers";

const PAGE = 200;
const PAGES_MAX = 10;

/** All of them, newest first: a city has some hundreds. */
async function trackers(): Promise<P.Tracker[]> {
  const found: P.Tracker[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const next: Page<P.Tracker> = await ask(TRACKERS, { query: { limit: PAGE, cursor } });
    found.push(...next.items);
    cursor = next.next_cursor;
    if (!cursor) break;
  }
  return found;
}

const change = (id: Id, what: string, json: unknown = {}) =>
  ask<P.Tracker>(`${TRACKERS}/${id}/${what}`, { method: "POST", json, idempotencyKey: newKey() });

export interface TrackWindow {
  from_us: Micros;
  until_us: Micros;
}

export const tracking = {
  trackers,
  /** Without an idempotency key: the server keeps no answer that carries a secret. */
  register: (json: P.NewTracker) => ask<P.IssuedTracker>(TRACKERS, { method: "POST", json }),
  rename: (id: Id, name: string) => change(id, "rename", { name }),
  mount: (id: Id, unit: Id | null) => change(id, "mount", { unit }),
  revoke: (id: Id) => change(id, "revoke"),
  units: async () => (await ask<Page<P.UnitPosition>>("/v1/positions/units")).items,
  track: (unit: Id, window: TrackWindow, tolerance_m: number, grounds: Grounds, signal?: AbortSignal) =>
    ask<P.Track>(`/v1/positions/units/${unit}/track`, {
      query: { ...window, tolerance_m },
      grounds,
      ...(signal ? { signal } : {}),
    }),
  /** Every fix, as a file. A link carries no headers, so the grounds stand in the address. */
  gpxPath: (unit: Id, window: TrackWindow, grounds: Grounds) =>
    pathWithQuery(`/v1/positions/units/${unit}/track.gpx`, { ...window, ...groundsQuery(grounds) }),
};
